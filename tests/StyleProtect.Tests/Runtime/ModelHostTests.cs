using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Protection;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Runtime;

/// <summary>One host for whoever works with its model: what it holds, what it gives back, and who waits.</summary>
[Collection(SerialCollection.Name)]
public sealed class ModelHostTests : IDisposable
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);
    private readonly TinyModelFolder _folder = new();

    private static ProtectionOptions Options { get; } = TinyProtector.Options with { Method = ProtectionMethod.PhotoGuard, Steps = 1, LossSamples = 1 };

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_disposed_model_leaves_no_tensor(ScalarType type)
    {
        LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder.Path), type, CPU).Dispose(); // what the process makes once
        var before = LiveTensors.Count();
        var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder.Path), type, CPU);
        Assert.True(Tensor.TotalCount > before + 300, $"{Tensor.TotalCount - before}");
        model.Dispose();
        // Not collected: what is left to the garbage collector holds its memory until then.
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public async Task A_disposed_host_leaves_no_tensor()
    {
        await Used();
        var before = LiveTensors.Count();
        await Used();
        Assert.Equal(before, Tensor.TotalCount);

        async Task Used()
        {
            using var host = Host();
            using var protector = StyleProtector.For(host, Options);
            await Protect(protector);
            await Protect(protector, Options with { Method = ProtectionMethod.StyleProtect });
            Assert.True(Tensor.TotalCount > 300);
        }
    }

    [Fact]
    public async Task A_host_that_loads_another_arithmetic_frees_the_first()
    {
        using var host = Host();
        using var protector = StyleProtector.For(host, Options);
        await Protect(protector);
        await Protect(protector, Options with { Precision = Precision.Auto });
        await Protect(protector);
        var once = LiveTensors.Count();
        await Protect(protector, Options with { Precision = Precision.Auto });
        await Protect(protector);
        Assert.Equal(once, Tensor.TotalCount);
    }

    [Fact]
    public async Task Protector_and_simulator_share_the_weights()
    {
        using var host = Host();
        using var protector = StyleProtector.For(host, Options);
        using var simulator = AttackSimulator.For(host);
        await Protect(protector);
        var one = LiveTensors.Count();
        await Attack(simulator);
        Assert.Equal(one, LiveTensors.Count());
        await Protect(protector);
        Assert.Equal(one, LiveTensors.Count());
    }

    /// <summary>The values alone may be right where a gradient is not: nothing in an attack's or a protection's own numbers would tell.</summary>
    [Fact]
    public async Task A_convolution_that_is_computed_wrongly_stops_attacks_protections_and_measurements()
    {
        using var host = Host();
        host.SelfCheck = model => ConvolutionSelfCheck.Require(model, (x, w, b, strides, padding) => Conv2d.Apply(x, w, b, strides, padding).Mul(1.5));
        using var protector = StyleProtector.For(host, Options);
        using var simulator = AttackSimulator.For(host);
        var before = LiveTensors.Count();
        Assert.Contains("convolutions wrongly on this processor", (await Assert.ThrowsAsync<AttackException>(() => Attack(simulator))).Message,
            StringComparison.Ordinal);
        Assert.Contains("convolutions wrongly", (await Assert.ThrowsAsync<ProtectionException>(() => Protect(protector))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "convolutions wrongly",
            (await Assert.ThrowsAsync<ModelHostException>(() =>
                host.WatchSamplingAsync("an artwork", 1, cancellationToken: TestContext.Current.CancellationToken))).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public async Task Positions_in_the_queue_are_told()
    {
        using var host = Host();
        using var protector = StyleProtector.For(host, Options);
        using var simulator = AttackSimulator.For(host);
        using var gate = new ManualResetEventSlim();
        var running = await Blocked(host, gate);
        ProgressList<int> first = new(), second = new();
        var protection = protector.ProtectAsync(new ProtectionRequest(s_picture) { QueuePosition = first },
            cancellationToken: TestContext.Current.CancellationToken);
        await Until(() => host.WaitingJobs == 1);
        var attack = simulator.SimulateAsync(
            new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options) { QueuePosition = second },
            cancellationToken: TestContext.Current.CancellationToken);
        await Until(() => host.WaitingJobs == 2);
        gate.Set();
        await running;
        await protection;
        await attack;
        Assert.Equal([1, 0], first.Reports);
        Assert.Equal([2, 1, 0], second.Reports);
    }

    [Fact]
    public async Task A_full_queue_refuses_protections_and_attacks_and_takes_them_later()
    {
        using var host = Host(queueLimit: 1);
        using var protector = StyleProtector.For(host, Options);
        using var simulator = AttackSimulator.For(host);
        using var gate = new ManualResetEventSlim();
        var running = await Blocked(host, gate);
        var waiting = Protect(protector);
        await Until(() => host.WaitingJobs == 1);
        Assert.Equal(1, (await Assert.ThrowsAsync<JobQueueFullException>(() => Protect(protector))).Limit);
        Assert.Contains("QueueLimit", (await Assert.ThrowsAsync<JobQueueFullException>(() => Attack(simulator))).Message, StringComparison.Ordinal);
        gate.Set();
        await running;
        var result = await waiting;
        await Attack(simulator);
        Assert.True(Differences.Same(result.Artworks[0].Artwork, (await Protect(protector)).Artworks[0].Artwork));
    }

    [Fact]
    public async Task Whoever_was_disposed_says_so()
    {
        var host = Host();
        StyleProtector protector = StyleProtector.For(host, Options), other = StyleProtector.For(host, Options);
        AttackSimulator simulator = AttackSimulator.For(host), attacker = AttackSimulator.For(host);
        protector.Dispose();
        simulator.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Protect(protector));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Attack(simulator));
        // The host was lent to them.
        await Protect(other);
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Protect(other));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Attack(attacker));
        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            host.WatchSamplingAsync("an artwork", cancellationToken: TestContext.Current.CancellationToken));
        other.Dispose();
        attacker.Dispose();
    }

    [Fact]
    public async Task Two_hosts_side_by_side_give_the_bytes_of_one()
    {
        var options = Options with { Method = ProtectionMethod.StyleProtect, Steps = 2, LearningRate = 1e-2 };
        using ModelHost first = Host(), second = Host();
        using StyleProtector one = StyleProtector.For(first, options), other = StyleProtector.For(second, options);
        var alone = await Protect(one);
        var together = await Task.WhenAll(Protect(one), Protect(other), Protect(other));
        Assert.All(together, r => Assert.True(Differences.Same(alone.Artworks[0].Artwork, r.Artworks[0].Artwork)));
        Assert.All(together, r => Assert.Equal(alone.LossCurve, r.LossCurve));
    }

    public void Dispose() => _folder.Dispose();

    private ModelHost Host(int queueLimit = 64) =>
        ModelHost.Create(new ModelHostOptions { ModelPath = _folder.Path, Device = ComputeDevice.Cpu, Precision = Precision.Float32, QueueLimit = queueLimit });

    private static Task<ProtectionResult> Protect(StyleProtector protector, ProtectionOptions? options = null) =>
        protector.ProtectAsync(new ProtectionRequest(s_picture) { Options = options }, cancellationToken: TestContext.Current.CancellationToken);

    private static Task<AttackResult> Attack(AttackSimulator simulator) => simulator.SimulateAsync(
        new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options with { Steps = 1 }),
        cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>A job that holds the host until the gate opens.</summary>
    private static async Task<Task<bool>> Blocked(ModelHost host, ManualResetEventSlim gate)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = host.Run(_ => { began.SetResult(); return gate.Wait(TimeSpan.FromSeconds(60), CancellationToken.None); }, null, CancellationToken.None);
        await began.Task;
        return running;
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 3000 && !holds(); i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.True(holds());
    }
}
