using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Schedulers;
using Xunit;

namespace StyleProtect.Tests.Schedulers;

/// <summary>A model whose forward process is not the discrete one is refused by name, never run as if it were.</summary>
public class SchedulerClassesTests
{
    private const string Source = "scheduler_config.json";

    [Fact]
    public void Every_discrete_class_gives_a_noise_schedule()
    {
        Assert.True(SchedulerClasses.Discrete.Count >= 20);
        foreach (var name in SchedulerClasses.Discrete) Assert.Null(SchedulerClasses.Problem(new SchedulerConfig { ClassName = name }, name));
        Assert.Empty(SchedulerClasses.Discrete.Intersect(SchedulerClasses.Others));
    }

    [Fact]
    public void Every_other_class_is_refused_by_name_with_the_reason()
    {
        foreach (var name in SchedulerClasses.Others.Append("EDMDPMSolverMultistepScheduler"))
        {
            foreach (var problem in new[] { Problem(new SchedulerConfig { ClassName = name }, null), Problem(new SchedulerConfig(), name) })
            {
                Assert.StartsWith($"it was made for the {name}: ", problem, StringComparison.Ordinal);
                Assert.Contains("discrete forward process", problem, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_index_and_the_configuration_both_count() =>
        Assert.Contains("EDMEulerScheduler", Problem(new SchedulerConfig { ClassName = "DDIMScheduler" }, "EDMEulerScheduler"), StringComparison.Ordinal);

    [Fact]
    public void A_class_that_nobody_knows_is_refused_with_those_that_are_known()
    {
        var problem = Problem(new SchedulerConfig { ClassName = "MyScheduler" }, null);
        Assert.Contains("'MyScheduler' is not known", problem, StringComparison.Ordinal);
        Assert.Contains("PNDMScheduler", problem, StringComparison.Ordinal);
        Assert.Contains("_class_name", Problem(new SchedulerConfig(), null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"_class_name":"UniPCMultistepScheduler","use_flow_sigmas":true}""", "use_flow_sigmas")]
    [InlineData("""{"_class_name":"EulerDiscreteScheduler","timestep_type":"continuous","prediction_type":"v_prediction"}""", "timestep_type")]
    [InlineData("""{"_class_name":"DDIMScheduler","snr_shift_scale":3.0}""", "snr_shift_scale")]
    public void A_setting_that_changes_the_forward_process_is_refused(string json, string field) =>
        Assert.Contains(field, Problem(DiffusersConfig.Parse<SchedulerConfig>(json, Source), null), StringComparison.Ordinal);

    [Fact]
    public void Flow_matching_is_no_sampler_for_such_models()
    {
        Assert.Contains("FlowMatchEulerDiscreteScheduler", SchedulerFactory.ClassNames);
        Assert.DoesNotContain("FlowMatchEulerDiscreteScheduler", SchedulerClasses.Samplers);
        Assert.Contains("LCMScheduler", SchedulerClasses.Samplers);
    }

    private static string Problem(SchedulerConfig config, string? indexClass)
    {
        var problem = SchedulerClasses.Problem(config, indexClass);
        Assert.NotNull(problem);
        return problem;
    }
}
