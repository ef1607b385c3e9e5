using StyleProtect.Attacks;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Text;
using StyleProtect.Evaluation;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Evaluating;

/// <summary>The settings of <c>styleprotect evaluate</c>; <see cref="EvaluateDefinitions"/> fills them.</summary>
internal sealed class EvaluateSettings : IModelSettings, ILoraSettings, IMimicSettings, IPluginSettings
{
    /// <summary>Folder of the artist's pictures.</summary>
    public string Folder { get; set; } = "";

    public string Output { get; set; } = "";

    /// <summary>Conditions as text.</summary>
    public string[] Methods { get; set; } = [new ProtectionOptions().Method.Name];

    /// <summary>Folders that something else protected, <c>name=folder</c>.</summary>
    public List<string> Protected { get; } = [];

    /// <summary>What conditions have that name nothing else.</summary>
    public ProtectionOptions Basis { get; set; } = new() { Epsilon = ProtectionStrength.High.Epsilon };

    public string[] Purifiers { get; set; } = [];

    public int Seeds { get; set; } = 3;

    public string? Prompts { get; set; }

    public bool Captions { get; set; }

    public AttackKind Attack { get; set; } = AttackKind.DreamBooth;

    public int? AttackSteps { get; set; }

    public double? AttackRate { get; set; }

    public List<string> Plugins { get; } = [];

    public ModelChoice Model { get; } = new();

    public List<LoraReference> Loras { get; } = [];

    /// <summary>Folder of the style encoder, or null for the model's own.</summary>
    public string? Encoder { get; set; }

    /// <summary>Folder of the classifier of contents, or null for the model's own.</summary>
    public string? ContentClassifier { get; set; }

    /// <summary>Folder of the content encoder, or null for none.</summary>
    public string? ContentEncoder { get; set; }

    /// <summary>The mimic.</summary>
    internal AttackOptions Mimic
    {
        get
        {
            var preset = AttackPresets.EmbeddedFor(Attack);
            return preset with { Steps = AttackSteps ?? preset.Steps, LearningRate = AttackRate ?? preset.LearningRate };
        }
    }
}

/// <summary>The options of <c>styleprotect evaluate</c>, in the order of the help and of the documentation.</summary>
internal static class EvaluateDefinitions
{
    internal static IReadOnlyList<IOptionDefinition<EvaluateSettings>> For(PluginSet plugins) =>
    [
        Value("--output", "folder", "Folder for runs, pictures and report.html; an interrupted evaluation goes on there", Values.Text,
            (s, v) => s.Output = v) with
        {
            Aliases = ["-o"], Required = ("where shall the results go?", "styleprotect evaluate artworks -o evaluation"),
        },
        Value("--methods", "list", "Conditions method[:layers][@eps=ε][@steps=n][@rate=r][@surrogate=n][@seed=n], separated by commas", Values.List,
            (s, v) => s.Methods = v) with
        {
            Default = new EvaluateSettings().Methods[0], Details = "See [Conditions](#conditions). The controls `clean` and `random` are always there",
        },
        Value("--protected", "name=folder", "Also compare pictures that something else protected, of the originals' names and sizes; can be repeated",
            Values.Text, (s, v) => s.Protected.Add(v)) with
        {
            IsRepeatable = true,
        },
        Value("--epsilon", "ε", "Budget of every method and of the random control, in 8-bit steps", ProtectDefinitions.Epsilon,
            (s, v) => s.Basis = s.Basis with { Epsilon = v }) with
        {
            Default = Format.Number(ProtectionStrength.High.Epsilon, "0.##"),
        },
        Value("--steps", "n", "Protection steps", Values.Integer(1, ProtectionOptions.MaxSteps, "20"),
            (s, v) => s.Basis = s.Basis with { Steps = v }) with { Default = "the method's own" },
        Value("--purifiers", "list", "What the mimic does first, separated by commas: none, jpeg:75, resize:0.5, blur:1, vae, sdedit:0.3, … (chained by +)",
            Values.List, (s, v) => s.Purifiers = v) with
        {
            Default = EvaluationRun.NoPurifier, Details = "See [Purifiers](#purifiers). `none` is always there",
        },
        Value("--seeds", "n", "Repetitions", Values.Integer(1, 100, "3"), (s, v) => s.Seeds = v) with { Default = Format.Count(new EvaluateSettings().Seeds) },
        SharedOptions.Prompts,
        SharedOptions.Captions,
        Value("--attack", "name", "The mimic", AttackDefinitions.Kinds.Parser, (s, v) => s.Attack = v) with { Default = "dreambooth" },
        Value("--attack-steps", "n", "The mimic's training steps", Values.Integer(1, 100_000, "150"),
            (s, v) => s.AttackSteps = v) with { Default = Format.Count(AttackPresets.Embedded.Steps) },
        Value("--attack-rate", "rate", "The mimic's learning rate", Values.Number("2e-4", "between 0 and 1"),
            (s, v) => s.AttackRate = v) with { Default = Rates() },
        SharedOptions.Model,
        SharedOptions.Vae,
        SharedOptions.Variant,
        SharedOptions.Lora,
        SharedOptions.Encoder<EvaluateSettings>((s, v) => s.Encoder = v),
        Value("--content-classifier", "folder", "Classifier of contents", Values.Text, (s, v) => s.ContentClassifier = v) with
        {
            FormerNames = ["--content-judge"], Default = "the model's own, if it has one",
                Details = "In this project's form. Without one the metric is left out, and it is said",
        },
        Value("--content-encoder", "folder", "Content encoder, which compares with what the clean mimic generates", Values.Text,
            (s, v) => s.ContentEncoder = v) with
        {
            Default = "none", Details = "Without one the metric is left out",
        },
        SharedOptions.Plugin,
        .. plugins.Options,
    ];

    private static string Rates()
    {
        var rates = AttackDefinitions.Kinds.Names.Zip(AttackDefinitions.Kinds.Values,
            (name, kind) => (name, Rate: MethodCatalog.Number(AttackPresets.EmbeddedFor(kind).LearningRate))).ToArray();
        return string.Join("; ", rates.Select(r => r == rates[0] ? r.Rate : $"{r.name} {r.Rate}"));
    }

    private static OptionDefinition<EvaluateSettings, T> Value<T>(string name, string valueName, string help, ValueParser<T> parser,
        Action<EvaluateSettings, T> set) =>
        Define<EvaluateSettings>.Value(name, valueName, help, parser, set);
}
