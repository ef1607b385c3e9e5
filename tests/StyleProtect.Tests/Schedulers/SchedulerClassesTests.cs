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
        foreach (var name in SchedulerClasses.Discrete) SchedulerClasses.RequireDiscrete(new SchedulerConfig { ClassName = name }, name, Source);
        Assert.Empty(SchedulerClasses.Discrete.Intersect(SchedulerClasses.Others));
    }

    [Fact]
    public void Every_other_class_is_refused_by_name_with_the_reason()
    {
        foreach (var name in SchedulerClasses.Others.Append("EDMDPMSolverMultistepScheduler"))
        {
            foreach (var e in new[] { Refused(new SchedulerConfig { ClassName = name }, null), Refused(new SchedulerConfig(), name) })
            {
                Assert.StartsWith($"{Source}: the model was made for the {name}: ", e.Message, StringComparison.Ordinal);
                Assert.Contains("Protections need", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_index_and_the_configuration_both_count() =>
        Assert.Contains("made for the EDMEulerScheduler", Refused(new SchedulerConfig { ClassName = "DDIMScheduler" }, "EDMEulerScheduler").Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_class_that_nobody_knows_is_refused_with_those_that_are_known()
    {
        var e = Refused(new SchedulerConfig { ClassName = "MyScheduler" }, null);
        Assert.Contains("'MyScheduler' is not known", e.Message, StringComparison.Ordinal);
        Assert.Contains("PNDMScheduler", e.Message, StringComparison.Ordinal);
        Assert.Contains("_class_name", Refused(new SchedulerConfig(), null).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"_class_name":"UniPCMultistepScheduler","use_flow_sigmas":true}""", "use_flow_sigmas")]
    [InlineData("""{"_class_name":"EulerDiscreteScheduler","timestep_type":"continuous","prediction_type":"v_prediction"}""", "timestep_type")]
    [InlineData("""{"_class_name":"DDIMScheduler","snr_shift_scale":3.0}""", "snr_shift_scale")]
    public void A_setting_that_changes_the_forward_process_is_refused(string json, string field) =>
        Assert.Contains(field, Refused(DiffusersConfig.Parse<SchedulerConfig>(json, Source), null).Message, StringComparison.Ordinal);

    [Fact]
    public void Flow_matching_is_no_sampler_for_such_models()
    {
        Assert.Contains("FlowMatchEulerDiscreteScheduler", SchedulerFactory.ClassNames);
        Assert.DoesNotContain("FlowMatchEulerDiscreteScheduler", SchedulerClasses.Samplers);
        Assert.Contains("LCMScheduler", SchedulerClasses.Samplers);
    }

    private static CheckpointException Refused(SchedulerConfig config, string? indexClass) =>
        Assert.Throws<CheckpointException>(() => SchedulerClasses.RequireDiscrete(config, indexClass, Source));
}
