using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Schedulers;

/// <summary>Tables, timesteps and trajectories equal those of diffusers.</summary>
public class SchedulerGoldenTests
{
    /// <summary>Every recorded run is walked but one: inverting a picture is not sampling.</summary>
    [Fact]
    public void Only_the_inversion_is_not_walked()
    {
        Assert.Equal(66, GoldenRuns.All().Count());
        Assert.Equal(["ddim_inverse_20"], GoldenRuns.All().Select(r => r.Name).Except(GoldenRuns.Supported()));
    }

    private static readonly SchedulerConfig s_base = new() { BetaStart = 0.00085, BetaEnd = 0.012, BetaSchedule = BetaSchedule.ScaledLinear };

    public static TheoryData<string> Runs() => [.. GoldenRuns.Supported()];

    [Theory]
    [InlineData("scaled_linear", BetaSchedule.ScaledLinear)]
    [InlineData("linear", BetaSchedule.Linear)]
    [InlineData("squaredcos_cap_v2", BetaSchedule.SquaredCosine)]
    internal void Tables(string name, BetaSchedule beta)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/tables");
        var schedule = new NoiseSchedule((beta == BetaSchedule.ScaledLinear ? s_base : new SchedulerConfig()) with { BetaSchedule = beta });
        AssertClose(golden[$"out.{name}.betas"], schedule.BetaTable, 1e-7);
        AssertClose(golden[$"out.{name}.alphas_cumprod"], schedule.AlphasCumprod, 1e-7);
    }

    [Fact]
    public void Table_with_zero_terminal_signal()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/tables");
        var schedule = new NoiseSchedule(s_base with { RescaleBetasZeroSnr = true });
        // A thousand factors, each with its own rounding after the rescaling.
        AssertClose(golden["out.scaled_linear_zero_snr.alphas_cumprod"], schedule.AlphasCumprod, 1e-6);
        Assert.Equal(0, schedule.AlphasCumprod[^1]);
        Assert.Equal(MathF.Pow(2, -24), new NoiseSchedule(schedule.Config, keepLastSignal: true).AlphasCumprod[^1]);
    }

    [Fact]
    public void Noise_velocity_and_signal_to_noise()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/tables");
        var schedule = new NoiseSchedule(s_base);
        golden.AssertEqual("out.add_noise", schedule.AddNoise(golden["in.x0"], golden["in.noise"], golden["in.t"]), 0.02);
        golden.AssertEqual("out.velocity", schedule.GetVelocity(golden["in.x0"], golden["in.noise"], golden["in.t"]), 0.02);
        var snr = schedule.SignalToNoise(golden["in.snr_t"]);
        Assert.True((snr / golden["out.snr"]).Sub(1).abs().max().item<float>() < 1e-4);
    }

    [Theory]
    [InlineData("ddim", "DDIMScheduler")]
    [InlineData("ddpm", "DDPMScheduler")]
    [InlineData("pndm", "PNDMScheduler")]
    [InlineData("dpm", "DPMSolverMultistepScheduler")]
    [InlineData("euler", "EulerDiscreteScheduler")]
    [InlineData("unipc", "UniPCMultistepScheduler")]
    public void Timesteps(string prefix, string className)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/timesteps");
        var keys = golden.Keys.Where(k => k.StartsWith(prefix + ".", StringComparison.Ordinal)).ToArray();
        Assert.True(keys.Length >= 21, $"{keys.Length} cases of {prefix}");
        foreach (var key in keys)
        {
            var parts = key.Split('.');
            var own = new JsonObject { ["timestep_spacing"] = parts[1], ["skip_prk_steps"] = true };
            var scheduler = SchedulerFactory.Create(className, GoldenRuns.Config(golden.Entry["config"]!.AsObject(), own));
            var steps = int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture);
            scheduler.SetTimesteps(steps);
            var expected = golden[key].to(float64).data<double>().ToArray();
            Assert.Equal(expected.Length, scheduler.Timesteps.Count);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - scheduler.Timesteps[i]) <= (prefix == "euler" ? 1e-4 : 0),
                    $"{key}[{i}]: {expected[i]} and {scheduler.Timesteps[i]}");
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Trajectory(string run)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/trajectories");
        var config = golden.Entry["config"]!;
        var entry = config["runs"]![run]!;
        var className = entry["cls"]!.GetValue<string>();
        var scheduler = Create(className, GoldenRuns.Config(config["base"]!.AsObject(), entry["config"]!.AsObject()),
            entry["step_kwargs"]!["eta"]?.GetValue<double>() ?? 0);
        scheduler.SetTimesteps(entry["steps"]!.GetValue<int>());
        AssertClose(golden[$"{run}.timesteps"], [.. scheduler.Timesteps.Select(t => (float)t)], 1e-3);
        Walk(golden, run + ".", scheduler);
    }

    [Fact]
    public void Flow_matching()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sched/flowmatch_euler_shift3_20");
        var scheduler = new FlowMatchEulerDiscreteScheduler(new SchedulerConfig { Shift = 3 });
        scheduler.SetTimesteps(20);
        AssertClose(golden["timesteps"], [.. scheduler.Timesteps.Select(t => (float)t)], 1e-3);
        AssertClose(golden["sigmas"], [.. scheduler.Sigmas.Select(t => (float)t)], 1e-6);
        Walk(golden, "", scheduler);
    }

    private static IScheduler Create(string className, SchedulerConfig config, double eta) => className switch
    {
        "DDIMScheduler" => new DdimScheduler(config) { Eta = eta },
        "TCDScheduler" => new TcdScheduler(config) { Eta = eta },
        _ => SchedulerFactory.Create(className, config),
    };

    /// <summary>
    /// Feeds the recorded predictions and noise; every sample must be the recorded one (2e-5, relative to 1e-5 of the start's scale for large σ).
    /// </summary>
    private static void Walk(Golden golden, string prefix, IScheduler scheduler)
    {
        var sample = golden[prefix + "init"];
        var outputs = golden[prefix + "model_output"];
        var expected = golden[prefix + "prev_sample"];
        var noise = golden.Has(prefix + "noise") ? golden[prefix + "noise"] : null;
        // LCM and TCD drew from the same generator as the others, but their draws were not recorded with them.
        if (scheduler is LcmScheduler or TcdScheduler) noise = golden["euler_a_20.noise"][..(scheduler.Timesteps.Count - 1)];
        var inputs = golden.Has(prefix + "model_input") ? golden[prefix + "model_input"] : null;
        var scale = Math.Max(1, sample.abs().max().item<float>());
        var tolerance = Math.Max(2e-5, 1e-5 * scale);
        var drawn = 0;
        for (var i = 0; i < scheduler.Timesteps.Count; i++)
        {
            var t = scheduler.Timesteps[i];
            if (inputs is not null) AssertClose(inputs[i], scheduler.ScaleModelInput(sample, t)[0], tolerance, $"{prefix} input {i}");
            var draws = noise is not null && drawn < noise.shape[0];
            sample = scheduler.Step(outputs[i].reshape(sample.shape), t, sample, draws ? noise![drawn].reshape(sample.shape) : null);
            if (draws) drawn++;
            if (!(prefix == "unipc_bh1_20." && i == 19)) AssertClose(expected[i], sample[0], tolerance, $"{prefix} step {i}");
            else AssertIsNotANumberInTheReference(expected[i], sample);
        }

        Assert.Equal(expected.shape[0], scheduler.Timesteps.Count);
        if (noise is not null) Assert.Equal(noise.shape[0], drawn);
        (scheduler as IDisposable)?.Dispose();
    }

    /// <summary>B(h) of bh1 is infinite at the end; the reference multiplies it with an empty sum and gets NaN.</summary>
    private static void AssertIsNotANumberInTheReference(Tensor expected, Tensor sample)
    {
        Assert.True(expected.isnan().all().item<bool>());
        Assert.True(sample.isfinite().all().item<bool>());
    }

    private static void AssertClose(Tensor expected, IReadOnlyList<float> actual, double tolerance)
    {
        using var t = tensor(actual.ToArray());
        AssertClose(expected.to(float32), t, tolerance, "table");
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var difference = (expected.to(float64) - actual.to(float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{what}: largest difference {difference:g4}, allowed {tolerance:g4}");
    }
}
