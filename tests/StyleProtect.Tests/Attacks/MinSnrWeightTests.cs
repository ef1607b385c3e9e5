using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>The weights of Hang et al. 2023, where they are not 1: the reference values' own timesteps all lie below γ.</summary>
public sealed class MinSnrWeightTests
{
    private const double Gamma = 5;
    private static readonly int[] s_timesteps = [3, 700, 40, 990];

    [Theory]
    [InlineData("Epsilon")]
    [InlineData("Velocity")]
    [InlineData("Sample")]
    public void Weights_follow_the_paper_for_every_prediction_type(string type)
    {
        using var scope = NewDisposeScope();
        var expected = s_timesteps.Average(t => Weight(type, t));
        Assert.Equal(expected, Loss(type, ones(4, 2, 3, 3), Gamma, 0), 1e-5 * expected);
        Assert.Equal(1, Loss(type, ones(4, 2, 3, 3), null, 0), 1e-6);
    }

    [Fact]
    public void Prior_preservation_is_weighted_by_its_own_weight_only()
    {
        using var scope = NewDisposeScope();
        var target = cat([ones(2, 2, 3, 3), ones(2, 2, 3, 3).Mul(2)]);
        var expected = s_timesteps[..2].Average(t => Weight("Epsilon", t)) + (0.5 * 4);
        Assert.Equal(expected, Loss("Epsilon", target, Gamma, 0.5), 1e-5);
    }

    /// <summary>Loss of a prediction that is zero everywhere.</summary>
    private static float Loss(string type, Tensor target, double? gamma, double prior)
    {
        var schedule = new NoiseSchedule(new SchedulerConfig
        {
            BetaStart = 0.00085,
            BetaEnd = 0.012,
            BetaSchedule = BetaSchedule.ScaledLinear,
            PredictionType = Enum.Parse<PredictionType>(type),
        });
        var timesteps = tensor(Array.ConvertAll(s_timesteps, t => (long)t));
        return DreamBoothLoss.Of(schedule, zeros_like(target), target, timesteps, gamma, prior).item<float>();
    }

    private static double Weight(string type, int timestep)
    {
        var signal = 1.0;
        var (first, last) = (Math.Sqrt(0.00085), Math.Sqrt(0.012));
        for (var t = 0; t <= timestep; t++) signal *= 1 - Math.Pow(first + ((last - first) * t / 999), 2);
        var snr = signal / (1 - signal);
        return Math.Min(snr, Gamma) / type switch { "Epsilon" => snr, "Velocity" => snr + 1, _ => 1 };
    }
}
