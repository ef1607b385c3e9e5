using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Hub;
using StyleProtect.Protection;
using StyleProtect.Kernels;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>Models that are an autoencoder alone, and ensembles of autoencoders.</summary>
public sealed class AutoencoderModelTests : IDisposable
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 5);
    private static readonly ProtectionOptions s_options = new() { Steps = 3, Epsilon = 8, Resolution = 32, LossSamples = 1 };
    private readonly TinyModelFolder _model = new();
    private readonly TemporaryFolder _temp = new();

    private string Vae => Path.Combine(_model.Path, "vae");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _model.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task An_autoencoder_alone_protects_as_the_whole_model_does()
    {
        var whole = await Protect(s_options with { Method = ProtectionMethod.PhotoGuard }, _model.Path);
        var alone = await Protect(s_options, Vae);
        Assert.Equal(ProtectionMethod.PhotoGuard, alone.Options.Method);
        Assert.True(Differences.Same(whole.Artworks[0].Artwork, alone.Artworks[0].Artwork));
        Assert.False(Differences.Same(s_picture, alone.Artworks[0].Artwork));
        Assert.Equal(whole.Artworks[0].LatentShift, alone.Artworks[0].LatentShift, 1e-6);
        Assert.Equal((null, null), (alone.LossBefore, alone.LossAfter));
        Assert.NotNull(whole.LossBefore);
        Assert.Contains("the method is photoguard", Assert.Single(alone.ModelNotes), StringComparison.Ordinal);
        Assert.Empty(whole.ModelNotes);
    }

    [Fact]
    public async Task What_asks_a_U_Net_is_refused_with_what_asks_none()
    {
        using var host = Host(Vae);
        Assert.Equal("it has only an autoencoder", host.WithoutUNet);
        Assert.Empty(host.Layers.CrossAttention);
        var e = await Assert.ThrowsAsync<ProtectionException>(() => Protect(s_options with { Method = ProtectionMethod.StyleProtect }, Vae));
        Assert.Contains("'styleprotect' asks the U-Net", e.Message, StringComparison.Ordinal);
        Assert.Contains("photoguard, style-distance", e.Message, StringComparison.Ordinal);
        Assert.Throws<ProtectionException>(() => MemoryPlan.For(
            new StyleProtectorOptions { ModelPath = Vae }, [(64, 64)], s_options with { Method = ProtectionMethod.Mist }));
        using var simulator = AttackSimulator.For(host);
        var attack = await Assert.ThrowsAsync<AttackException>(() => simulator.SimulateAsync(new AttackRequest([s_picture, s_picture], ["a"],
            new AttackOptions()), cancellationToken: Cancel));
        Assert.Contains("A mimic trains the U-Net", attack.Message, StringComparison.Ordinal);
        Assert.Contains("has none", Assert.Throws<ArgumentException>(() => Purifiers.Parse("sdedit:0.3", new PurifierServices { Host = host })).Message,
            StringComparison.Ordinal);
        // Through the autoencoder and back needs none.
        var purified = Purifiers.Parse("vae", new PurifierServices { Host = host }).Purify(s_picture);
        Assert.Equal((32, 32), (purified.Width, purified.Height));
    }

    [Fact]
    public async Task A_model_without_its_U_Net_folder_is_an_autoencoder_alone()
    {
        Directory.Delete(Path.Combine(_model.Path, "unet"), recursive: true);
        var result = await Protect(s_options, _model.Path);
        Assert.Equal(ProtectionMethod.PhotoGuard, result.Options.Method);
        using var host = Host(_model.Path);
        Assert.Contains("the folder 'unet' is missing", host.WithoutUNet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_autoencoder_twice_protects_as_once()
    {
        var once = await Protect(s_options, Vae);
        var twice = await Protect(s_options, Vae, Vae);
        Assert.True(Differences.Same(once.Artworks[0].Artwork, twice.Artworks[0].Artwork));
        Assert.Equal(once.Artworks[0].LatentShift, twice.Artworks[0].LatentShift, 1e-6);
        Assert.Equal(once.LossCurve[0], twice.LossCurve[0], 1e-4);
    }

    [Fact]
    public async Task An_ensemble_follows_the_mean_of_the_normalised_gradients()
    {
        var tiny = WriteTiny();
        double[] alone = await Gradient(Vae), other = await Gradient(tiny), both = await Gradient(Vae, tiny);
        double a = Norm(alone), b = Norm(other);
        Assert.True(Math.Max(a, b) / Math.Min(a, b) > 2, $"the two gradients are as long as each other: {a}, {b}");
        for (var i = 0; i < both.Length; i++) Assert.Equal(((alone[i] / a) + (other[i] / b)) / 2, both[i], 1e-5);

        static double Norm(double[] values) => Math.Sqrt(values.Sum(v => v * v));
    }

    [Fact]
    public async Task Members_may_be_whole_models_and_files()
    {
        var tiny = WriteTiny();
        using var host = Host(_model.Path, tiny);
        Assert.Contains("ensemble of 2", host.WithoutUNet, StringComparison.Ordinal);
        Assert.Contains(" + tiny.safetensors", host.Model.Name, StringComparison.Ordinal);
        Assert.NotEqual(host.Model.Sha256, Host(_model.Path).Model.Sha256);
        var result = await StyleProtector.For(host).ProtectAsync(new ProtectionRequest([s_picture]) { Options = s_options }, cancellationToken: Cancel);
        Assert.True(result.Artworks[0].LatentShift > 0);
        Assert.Equal(ProtectionMethod.PhotoGuard, result.Options.Method);
    }

    [Fact]
    public async Task An_encoder_without_decoder_serves_what_does_not_decode()
    {
        var tiny = WriteTiny(withDecoder: false);
        Assert.True((await Protect(s_options, tiny)).Artworks[0].LatentShift > 0);
        var e = await Assert.ThrowsAsync<ProtectionException>(() => Protect(
            s_options with
            {
                Method = ProtectionMethod.StyleDistance,
                StyleEncoder = Path.Combine(AppContext.BaseDirectory, "models", "mini", "judges",
                "style")
            }, tiny));
        Assert.Contains("decodes latents", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plans_count_the_autoencoder_that_needs_most()
    {
        var tiny = WriteTiny();
        long Step(params string[] members) => MemoryPlan.For(new StyleProtectorOptions { Autoencoders = members }, [(256, 256)],
            new ProtectionOptions { Resolution = 256, MemoryLimit = 1L << 36 }).Parts["step"];
        Assert.Equal(Math.Max(Step(Vae), Step(tiny)), Step(Vae, tiny));
        Assert.NotEqual(Step(Vae), Step(tiny));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void An_empty_member_is_refused(string? member) => Assert.Contains(
        "empty member", Assert.Throws<ModelHostException>(() => ModelHost.Create(new ModelHostOptions { Autoencoders = [Vae, member!] })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Options_that_exclude_each_other_are_refused()
    {
        var both = Assert.Throws<ModelHostException>(() => ModelHost.Create(new ModelHostOptions { Autoencoders = [Vae, Vae], VaePath = Vae }));
        Assert.Contains("VaePath", both.Message, StringComparison.Ordinal);
        var many = Assert.Throws<ModelHostException>(() => ModelHost.Create(new ModelHostOptions { Autoencoders = [.. Enumerable.Repeat(Vae, 17)] }));
        Assert.Contains("at most 16", many.Message, StringComparison.Ordinal);
        var lora = Assert.Throws<CheckpointException>(() => ModelHost.Create(new ModelHostOptions
        {
            ModelPath = Vae,
            Loras = [new LoraReference("x.safetensors")]
        }));
        Assert.Contains("only an autoencoder", lora.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_stands_for_a_model_in_the_given_folders()
    {
        var tiny = WriteTiny();
        using var host = ModelHost.Create(new ModelHostOptions { ModelPath = "tiny", ModelFolders = [_temp.Path], Device = ComputeDevice.Cpu });
        Assert.Equal(tiny, host.ModelPath);
        var e = Assert.Throws<ModelStoreException>(() => ModelHost.Create(new ModelHostOptions { ModelPath = "no-such-model" }));
        Assert.Contains("no-such-model", e.Message, StringComparison.Ordinal);
    }

    /// <summary>The gradient that the update rule is given in the first step, of half the squared latents as the model reads them.</summary>
    private async Task<double[]> Gradient(params string[] members)
    {
        var rule = new Recorder();
        var method = new TestMethod((ObjectiveInput input) => input.Latents.Square().sum()) { UpdateRule = rule };
        await Protect(s_options with { Method = method, Steps = 1 }, members);
        return rule.Gradient;
    }

    private static ModelHost Host(params string[] members) => ModelHost.Create(Named(new ModelHostOptions(), members));

    private static T Named<T>(T options, string[] members) where T : ModelHostOptions
    {
        (options.Device, options.Precision) = (ComputeDevice.Cpu, Precision.Float32);
        if (members is [var only]) options.ModelPath = only;
        else options.Autoencoders = members;
        return options;
    }

    private static async Task<ProtectionResult> Protect(ProtectionOptions options, params string[] members)
    {
        await using var protector = StyleProtector.Create(Named(new StyleProtectorOptions(), members));
        return await protector.ProtectAsync(new ProtectionRequest([s_picture]) { Options = options }, cancellationToken: Cancel);
    }

    /// <summary>A random autoencoder of the TAESD family with half the width of the pictures in its latents, as a bare file with diffusers' names.</summary>
    private string WriteTiny(bool withDecoder = true)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var autoencoder = new AutoencoderTiny(new AutoencoderTinyConfig
        {
            EncoderBlockOutChannels = [8, 8],
            DecoderBlockOutChannels = [8, 8],
            NumEncoderBlocks = [1, 1],
            NumDecoderBlocks = [1, 1],
            HasDecoder = withDecoder,
        });
        WeightInitializer.Initialize(autoencoder, generator);
        SafetensorsWriter.Write(_temp["tiny.safetensors"], autoencoder.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter));
        return _temp["tiny.safetensors"];
    }

    private sealed class Recorder : IUpdateRule, IUpdate
    {
        internal double[] Gradient { get; private set; } = [];

        public IUpdate Begin(Tensor parameters) => this;

        public void Ascend(Tensor parameters, Tensor gradient, double stepSize) =>
            Gradient = [.. gradient.cpu().contiguous().data<float>().ToArray().Select(v => (double)v)];

        public void Dispose() { }
    }
}
