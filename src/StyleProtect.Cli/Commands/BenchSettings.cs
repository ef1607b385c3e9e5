using StyleProtect.Cli.Options;
using StyleProtect.Protection.Benchmarking;

namespace StyleProtect.Cli.Commands;

/// <summary>The settings of <c>styleprotect bench</c>.</summary>
internal sealed class BenchSettings : IComputeSettings, IJsonSettings
{
    public int Views { get; set; } = new StepBenchmarkOptions().Views;

    /// <summary>Side of a view in pixels; null for the model's own.</summary>
    public int? Size { get; set; }

    /// <summary>Steps of each form that are timed, or null for the benchmark's own number.</summary>
    public int? Rounds { get; set; }

    /// <summary>Shape of a model with random weights, or null.</summary>
    public string? Shape { get; set; }

    public bool WithoutPlain { get; set; }

    public long? Memory { get; set; }

    public bool Scale { get; set; }

    public ModelChoice Model { get; } = new();

    public ComputeDevice Device { get; set; }

    public Precision Precision { get; set; }

    public int? Threads { get; set; }

    public bool Json { get; set; }

    /// <summary>The options, in the order of the help and of the documentation.</summary>
    internal static IReadOnlyList<IOptionDefinition<BenchSettings>> Definitions { get; } =
    [
        Value("--views", "n", "Views in a step's batch", Values.Integer(1, 64, "4"),
            (s, v) => s.Views = v) with { Default = $"{new StepBenchmarkOptions().Views}" },
        Value("--size", "pixels", "Side of a view, a multiple of 64", Values.Integer(64, 4096, "512"),
            (s, v) => s.Size = v) with { Default = "the model's own" },
        Value("--rounds", "n", "Steps of each form that are timed, in turn", Values.Integer(1, 1000, "9"), (s, v) => s.Rounds = v) with
        {
            Default = $"{new StepBenchmarkOptions().Rounds}; {new ShapeBenchmarkOptions().Rounds} with --shape",
        },
        Value("--shape", "name", "Also time a model of this size with random weights",
            new Choices<string>([.. ShapeBenchmarkOptions.Shapes.Select(s => (s, s))]).Parser, (s, v) => s.Shape = v) with
        {
            Details = "`sd15` is Stable Diffusion 1.5. One view: the U-Net's forward pass with input gradient, a whole iteration, each beside the plain form " +
                "(weights frozen but K and V); an iteration at twice the model's size within `--memory`",
        },
        Define<BenchSettings>.Switch("--without-plain", "With --shape: leave the plain form out, which needs several times the memory",
            (s, v) => s.WithoutPlain = v) with { Refuses = WithoutShape },
        Value("--memory", "amount", "With --shape: limit of the iteration at twice the model's size", Values.Memory, (s, v) => s.Memory = v) with
        {
            Default = SharedOptions.Memory.Default, Refuses = WithoutShape,
        },
        Define<BenchSettings>.Switch("--scale", "Also time steps against the pictures' size and number, trained layers and resolution", (s, v) => s.Scale = v),
        SharedOptions.Model,
        SharedOptions.Vae,
        SharedOptions.Variant,
        SharedOptions.Device,
        SharedOptions.Precision,
        SharedOptions.Threads,
        SharedOptions.Json,
    ];

    private static (string Reason, string? Hint)? WithoutShape(BenchSettings settings) =>
        settings.Shape is null ? ("has no meaning without --shape.", "Example: --shape sd15 --memory 6GiB") : null;

    private static OptionDefinition<BenchSettings, T> Value<T>(string name, string valueName, string help, ValueParser<T> parser,
        Action<BenchSettings, T> set) =>
        Define<BenchSettings>.Value(name, valueName, help, parser, set);
}
