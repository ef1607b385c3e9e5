using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Schedulers;

/// <summary>What the reference values do not cover: types, gradients, the life of tensors, refusals.</summary>
public class SchedulerBehaviourTests
{
    private static readonly SchedulerConfig s_sd = new()
    {
        BetaStart = 0.00085,
        BetaEnd = 0.012,
        BetaSchedule = BetaSchedule.ScaledLinear,
        ClipSample = false,
        SetAlphaToOne = false,
        StepsOffset = 1,
        SkipPrkSteps = true,
    };

    public static TheoryData<string> Names() => [.. SchedulerFactory.ClassNames];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_perfect_model_leads_back_to_the_clean_sample(string className)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        var flow = className.StartsWith("Flow", StringComparison.Ordinal);
        var scheduler = SchedulerFactory.Create(className, s_sd);
        scheduler.SetTimesteps(30);
        var clean = randn([2, 4, 4, 4], generator: generator);
        var sample = randn([2, 4, 4, 4], generator: generator).Mul(scheduler.InitNoiseSigma);
        var schedule = flow ? null : new NoiseSchedule(s_sd);
        foreach (var t in scheduler.Timesteps)
        {
            Tensor output;
            if (flow)
            {
                output = (sample - clean).Div(t / 1000); // sample = (1 − σ)·clean + σ·noise, velocity = noise − clean
            }
            else
            {
                // Where the sample is scaled for the model, the factor is √ᾱ.
                var input = scheduler.ScaleModelInput(sample, t);
                var a = ReferenceEquals(input, sample) ? schedule!.AlphaCumprod((int)t) : (input.Square().sum() / sample.Square().sum()).item<float>();
                output = (input - clean.Mul(Math.Sqrt(a))).Div(Math.Sqrt(1 - a));
            }

            sample = scheduler.Step(output, t, sample, generator: generator);
        }

        // What is left: the noise of the last training timestep where a scheduler ends there instead of at none.
        Assert.True((sample - clean).abs().max().item<float>() < 0.2);
        (scheduler as IDisposable)?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_walk_leaves_no_tensor_behind(string className)
    {
        using var x = ones(1, 4, 8, 8);
        using var output = ones(1, 4, 8, 8).Mul(0.1);
        var scheduler = SchedulerFactory.Create(className, s_sd);
        void Walk()
        {
            scheduler.SetTimesteps(6);
            var sample = x.clone();
            foreach (var t in scheduler.Timesteps)
            {
                var next = scheduler.Step(output, t, sample);
                sample.Dispose();
                sample = next;
            }

            sample.Dispose();
            (scheduler as IDisposable)?.Dispose();
        }

        Walk();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++) Walk();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Float64)]
    public void The_sample_keeps_its_type(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var schedule = new NoiseSchedule(s_sd);
        var x = ones([2, 4, 2, 2], dtype: type);
        var noisy = schedule.AddNoise(x, -x, tensor(new long[] { 10, 900 }));
        Assert.Equal(type, noisy.dtype);
        var scheduler = new DdimScheduler(s_sd);
        scheduler.SetTimesteps(4);
        Assert.Equal(type, scheduler.Step(ones([2, 4, 2, 2]), scheduler.Timesteps[0], x).dtype);
    }

    [Fact]
    public void Adding_noise_passes_the_gradient_to_the_latents()
    {
        using var scope = NewDisposeScope();
        var schedule = new NoiseSchedule(s_sd);
        var x = zeros(1, 4, 2, 2).requires_grad_(true);
        schedule.AddNoise(x, ones(1, 4, 2, 2), tensor(new long[] { 500 })).sum().backward();
        Assert.Equal(Math.Sqrt(schedule.AlphasCumprod[500]), x.grad!.mean().item<float>(), 1e-6);
    }

    [Fact]
    public void Noise_is_reproducible_from_its_generator()
    {
        using var scope = NewDisposeScope();
        var scheduler = new DdpmScheduler(s_sd);
        scheduler.SetTimesteps(10);
        var x = ones(1, 4, 2, 2);
        Tensor Step(ulong seed)
        {
            using var generator = new Generator(seed);
            return scheduler.Step(x, scheduler.Timesteps[0], x, generator: generator);
        }

        Assert.True(Step(1).equal(Step(1)).all().item<bool>());
        Assert.False(Step(1).equal(Step(2)).all().item<bool>());
    }

    [Fact]
    public void The_training_target_follows_the_prediction_type()
    {
        using var scope = NewDisposeScope();
        Tensor x = ones(1, 4, 2, 2), noise = zeros(1, 4, 2, 2), t = tensor(new long[] { 300 });
        Assert.Same(noise, new NoiseSchedule(s_sd).Target(x, noise, t));
        Assert.Same(x, new NoiseSchedule(s_sd with { PredictionType = PredictionType.Sample }).Target(x, noise, t));
        var velocity = new NoiseSchedule(s_sd with { PredictionType = PredictionType.Velocity });
        Assert.Equal(-Math.Sqrt(1 - velocity.AlphasCumprod[300]), velocity.Target(x, noise, t).mean().item<float>(), 1e-6);
    }

    [Fact]
    public void Wrong_shapes_types_and_timesteps_are_refused_before_torch_sees_them()
    {
        using var scope = NewDisposeScope();
        var schedule = new NoiseSchedule(s_sd);
        Tensor x = ones(2, 4, 2, 2), ok = tensor(new long[] { 1, 2 });
        Assert.Contains("differ in shape", Assert.Throws<ArgumentException>(() => schedule.AddNoise(x, ones(2, 4, 2, 1), ok)).Message,
            StringComparison.Ordinal);
        Assert.Contains("3 timesteps", Assert.Throws<ArgumentException>(() => schedule.AddNoise(x, x, tensor(new long[] { 1, 2, 3 }))).Message,
            StringComparison.Ordinal);
        Assert.Contains("int64", Assert.Throws<ArgumentException>(() => schedule.AddNoise(x, x, tensor(new float[] { 1, 2 }))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AddNoise(x, x, tensor(new long[] { 1, 1000 })));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.AddNoise(x, x, tensor(new long[] { -1, 1 })));
        foreach (var name in SchedulerFactory.ClassNames)
        {
            var scheduler = SchedulerFactory.Create(name, s_sd);
            Assert.Throws<InvalidOperationException>(() => scheduler.Step(x, 1, x));
            Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.SetTimesteps(0));
            Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.SetTimesteps(1001));
            scheduler.SetTimesteps(5);
            Assert.Throws<ArgumentException>(() => scheduler.Step(ones(2, 4, 2, 1), scheduler.Timesteps[0], x));
            Assert.Throws<ArgumentOutOfRangeException>(() => SchedulerFactory.Create(name, s_sd).Also(s => s.SetTimesteps(5)).Step(x, -3, x));
        }
    }

    [Fact]
    public void A_finished_walk_is_not_continued()
    {
        using var scope = NewDisposeScope();
        var scheduler = new EulerDiscreteScheduler(s_sd);
        scheduler.SetTimesteps(1);
        var x = scheduler.Step(ones(1, 4, 2, 2), scheduler.Timesteps[0], ones(1, 4, 2, 2));
        Assert.Throws<InvalidOperationException>(() => scheduler.Step(x, scheduler.Timesteps[0], x));
    }

    [Theory]
    [InlineData("""{"beta_schedule":"sigmoid"}""", "beta_schedule")]
    [InlineData("""{"prediction_type":"flow_prediction"}""", "prediction_type")]
    [InlineData("""{"num_train_timesteps":"many"}""", "num_train_timesteps")]
    public void A_configuration_that_does_not_fit_names_file_and_field(string json, string field)
    {
        var e = Assert.Throws<CheckpointException>(() => DiffusersConfig.Parse<SchedulerConfig>(json, "scheduler_config.json"));
        Assert.Contains("scheduler_config.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(field, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_is_not_one_of_a_fields_words_is_answered_with_them()
    {
        var e = Assert.Throws<CheckpointException>(() => DiffusersConfig.Parse<SchedulerConfig>("""{"prediction_type":"flow_prediction"}""", "x"));
        Assert.Contains("'flow_prediction' is not one of epsilon, v_prediction, sample", e.Message, StringComparison.Ordinal);
        Assert.Equal(PredictionType.Velocity, DiffusersConfig.Parse<SchedulerConfig>("""{"prediction_type":"v_prediction"}""", "x").PredictionType);
    }

    [Theory]
    [InlineData("""{"num_train_timesteps":0}""", "num_train_timesteps")]
    [InlineData("""{"beta_start":-1}""", "beta_start")]
    [InlineData("""{"beta_end":NaN}""", "beta_end")]
    [InlineData("""{"trained_betas":[0.1,0.2]}""", "trained_betas")]
    [InlineData("""{"solver_order":9}""", "solver_order")]
    [InlineData("""{"use_lu_lambdas":true}""", "use_lu_lambdas")]
    [InlineData("""{"steps_offset":1000}""", "steps_offset")]
    [InlineData("""{"solver_type":"bh2"}""", "solver_type")]
    [InlineData("""{"algorithm_type":"deis"}""", "algorithm_type")]
    [InlineData("""{"algorithm_type":"dpmsolver"}""", "final_sigmas_type")]
    [InlineData("""{"variance_type":"learned_range"}""", "variance_type", "DDPMScheduler")]
    [InlineData("""{"timestep_type":"continuous"}""", "timestep_type", "EulerDiscreteScheduler")]
    [InlineData("""{"clip_sample_range":0}""", "clip_sample_range", "DDIMScheduler")]
    [InlineData("""{"solver_type":"bh3"}""", "solver_type", "UniPCMultistepScheduler")]
    [InlineData("""{"predict_x0":false}""", "predict_x0", "UniPCMultistepScheduler")]
    [InlineData("""{"disable_corrector":[0]}""", "disable_corrector", "UniPCMultistepScheduler")]
    [InlineData("""{"lower_order_final":false}""", "lower_order_final", "UniPCMultistepScheduler")]
    [InlineData("""{"solver_order":3}""", "solver_order", "DEISMultistepScheduler")]
    [InlineData("""{"rescale_betas_zero_snr":true}""", "rescale_betas_zero_snr", "DEISMultistepScheduler")]
    [InlineData("""{"solver_order":3}""", "solver_order", "DPMSolverSinglestepScheduler")]
    [InlineData("""{"algorithm_type":"dpmsolver"}""", "algorithm_type", "DPMSolverSinglestepScheduler")]
    [InlineData("""{"original_inference_steps":0}""", "original_inference_steps", "LCMScheduler")]
    [InlineData("""{"use_dynamic_shifting":true}""", "use_dynamic_shifting", "FlowMatchEulerDiscreteScheduler")]
    public void A_setting_that_is_out_of_range_is_named(string json, string field, string scheduler = "DPMSolverMultistepScheduler")
    {
        var config = DiffusersConfig.Parse<SchedulerConfig>(json, "x");
        Assert.Contains(field, Assert.Throws<CheckpointException>(() => SchedulerFactory.Create(scheduler, config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_cannot_sample_here_is_refused_with_those_that_can()
    {
        foreach (var name in SchedulerClasses.Discrete.Except(SchedulerClasses.Samplers))
        {
            var e = Assert.Throws<CheckpointException>(() => SchedulerFactory.Create(name, s_sd));
            Assert.Contains($"'{name}' is not supported", e.Message, StringComparison.Ordinal);
            Assert.Contains("DDIMScheduler", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_Runge_Kutta_start_needs_four_steps() => Assert.Contains(
        "at least 4 steps", Assert.Throws<ArgumentOutOfRangeException>(() => new PndmScheduler(new SchedulerConfig()).SetTimesteps(3)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_published_configuration_is_read()
    {
        var config = DiffusersConfig.Parse<SchedulerConfig>("""
            {"_class_name": "DPMSolverMultistepScheduler", "_diffusers_version": "0.32.0", "beta_end": 0.012,
            "beta_schedule": "scaled_linear", "beta_start": 0.00085,
             "algorithm_type": "dpmsolver++", "final_sigmas_type": "zero", "lambda_min_clipped": -Infinity, "trained_betas": null, "variance_type": null,
             "timestep_spacing": "leading", "steps_offset": 1, "note": "a \"-Infinity\" in a string stays"}
            """, "x");
        Assert.Equal("DPMSolverMultistepScheduler", config.ClassName);
        Assert.Equal(double.NegativeInfinity, config.LambdaMinClipped);
        Assert.Equal(TimestepSpacing.Leading, config.TimestepSpacing);
        Assert.IsType<DpmSolverMultistepScheduler>(SchedulerFactory.Create(null, config));
    }

    [Fact]
    public void The_noise_schedule_of_a_scheduler_that_cannot_sample_here_is_still_known()
    {
        var config = DiffusersConfig.Parse<SchedulerConfig>(
            """{"_class_name": "KDPM2AncestralDiscreteScheduler", "solver_type": "bh2", "use_lu_lambdas": true, "beta_end": 0.012}""", "x");
        Assert.Null(SchedulerClasses.Problem(config, null));
        Assert.Equal(0.012f, new NoiseSchedule(config).BetaTable[^1], 1e-7f);
        Assert.Throws<CheckpointException>(() => SchedulerFactory.Create(null, config));
    }

    [Fact]
    public void Clipping_lambda_leaves_out_the_noisiest_timesteps()
    {
        using var all = new DpmSolverMultistepScheduler(s_sd);
        using var clipped = new DpmSolverMultistepScheduler(s_sd with { LambdaMinClipped = -2 });
        all.SetTimesteps(10);
        clipped.SetTimesteps(10);
        Assert.Equal(999, all.Timesteps[0]);
        Assert.InRange(clipped.Timesteps[0], 500, 998);
        Assert.True(-Math.Log(clipped.Sigmas[0]) >= -2);
    }
}
