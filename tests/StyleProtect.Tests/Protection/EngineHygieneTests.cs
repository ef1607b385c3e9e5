using System.Security.Cryptography;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Native;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>What a job leaves behind: nothing.</summary>
[Collection(SerialCollection.Name)]
public sealed class EngineHygieneTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    [Fact]
    public async Task Live_tensors_are_constant_over_fifty_steps_and_as_many_after_as_before()
    {
        var original = TestPictures.Random(45, 33, 8, true, 1);
        await tiny.Protect(TwoLevelProtector.AllLayers, original); // loads the model
        var before = LiveTensors.Count();
        var counts = new List<long>();
        var request = new ProtectionRequest(original) { Options = TwoLevelProtector.AllLayers with { Steps = 50 } };
        await tiny.Protector.ProtectAsync(request, new ProgressList<ProtectionProgress>(_ => counts.Add(Tensor.TotalCount)),
            TestContext.Current.CancellationToken);
        // Not collected: what a step leaves to the garbage collector is a leak, too.
        Assert.Equal(50, counts.Count);
        Assert.All(counts, c => Assert.Equal(counts[0], c));
        Assert.Equal(before, Tensor.TotalCount);
    }

    /// <summary>What trains in turns is cancelled inside of its first turn.</summary>
    [Theory]
    [InlineData("styleprotect")]
    [InlineData("fsmg")]
    [InlineData("aspl")]
    public async Task A_cancelled_job_leaves_no_tensor_behind(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var original = TestPictures.Random(45, 33, 8, true, 1);
        var options = name == "styleprotect" ? TwoLevelProtector.AllLayers : TinyProtector.Options with { Method = method };
        await tiny.Protect(TwoLevelProtector.AllLayers with { Steps = 1 }, original);
        var before = LiveTensors.Count();
        using var source = new CancellationTokenSource();
        var request = new ProtectionRequest(original) { Options = options };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            tiny.Protector.ProtectAsync(request, new ProgressList<ProtectionProgress>(_ => source.Cancel()), source.Token));
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("aspl")]
    [InlineData("mist-v2")]
    [InlineData("sds")]
    public async Task Live_tensors_are_constant_over_the_picture_steps_of_a_surrogate_in_turns(string name)
    {
        var method = ProtectionMethod.Parse(name);
        var original = TestPictures.Random(45, 33, 8, true, 1);
        var options = TinyProtector.Options with { Method = method, Steps = 3, NoiseSamples = 1, SurrogateSteps = method == ProtectionMethod.Sds ? null : 1 };
        await tiny.Protect(options with { Steps = 1 }, original);
        var before = LiveTensors.Count();
        var counts = new List<long>();
        await tiny.Protector.ProtectAsync(new ProtectionRequest(original) { Options = options },
            new ProgressList<ProtectionProgress>(_ => counts.Add(Tensor.TotalCount)), TestContext.Current.CancellationToken);
        // The last round's picture step and the one before it.
        var turns = name switch { "aspl" => 3, "mist-v2" => 2, _ => 1 };
        Assert.Equal(counts[^(1 + turns)], counts[^1]);
        Assert.Equal(counts[^(1 + (2 * turns))], counts[^1]);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("caat", ScalarType.Float32)]
    [InlineData("caat", ScalarType.BFloat16)]
    [InlineData("aspl", ScalarType.Float32)]
    [InlineData("aspl", ScalarType.BFloat16)]
    [InlineData("mist-v2", ScalarType.BFloat16)]
    public void The_models_own_weights_stay_bit_identical(string name, ScalarType type)
    {
        var method = ProtectionMethod.Parse(name);
        using var folder = new TinyModelFolder(twoLevels: true);
        using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(folder.Path), type, CPU);
        var before = Hash(model);
        // A learning rate at which a trained weight cannot stay where it was.
        var options = TinyProtector.Options with
        {
            Method = method,
            Steps = 2,
            LearningRate = method == ProtectionMethod.Caat ? 0.5 : 1e-2,
            SurrogateSteps = method == ProtectionMethod.Caat ? null : 2
        };
        var outcome = new ProtectionJob(model, options, "a photo of an artwork", FusedKernels.Managed)
            .Run([TestPictures.Random(32, 32, 8, false, 1)], new LayerSelection(method == ProtectionMethod.Caat
                ? model.UNet.Catalog().CrossAttention : [], "all"), null, TestContext.Current.CancellationToken);
        Assert.True(outcome.TrainedParameters > 0);
        Assert.Equal(before, Hash(model));
        Assert.All(model.UNet.CrossAttentionLayers(), l => Assert.Null(l.Attention.KeyValueOverride));
        Assert.All(model.UNet.parameters(), p => Assert.True(p is { requires_grad: false, grad: null }));
    }

    private static unsafe string Hash(LatentDiffusionModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var p in model.Autoencoder.Network.Network.parameters().Concat(model.UNet.parameters()).Concat(model.TextEncoder.parameters()))
            hash.AppendData(new ReadOnlySpan<byte>((void*)TensorMemory.Pointer(p), checked((int)(p.numel() * p.element_size()))));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
