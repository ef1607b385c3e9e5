using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Text;
using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>The options of <c>styleprotect protect</c>. Their order is that of the help, of the documentation and of the settings in JSON documents.</summary>
internal static class ProtectDefinitions
{
    /// <summary>ε in 8-bit steps.</summary>
    internal static ValueParser<double> Epsilon => new(ReadEpsilon) { Range = $"above 0 to {Format.Number(ProtectionOptions.MaxEpsilon, "0")}" };

    internal static IReadOnlyList<IOptionDefinition<ProtectSettings>> All { get; } = For(PluginSet.None);

    /// <summary>All options, with those that plug-ins declare.</summary>
    internal static IReadOnlyList<IOptionDefinition<ProtectSettings>> For(PluginSet plugins) =>
    [
        Value("--output", "folder", "Folder for the protected pictures; made if missing", Values.Text, (s, v) => s.Output = v) with
        {
            Aliases = ["-o"], IsPath = true, Required = ("where shall the protected pictures go?", "styleprotect protect artworks -o protected"),
        },
        Value("--method", "name", "Method", MethodCatalog.NamesWith(plugins).Parser, (s, v) => s.Options = s.Options with { Method = v }) with
        {
            Default = new ProtectionOptions().Method.Name,
            Details = "See [methods](#methods). `random` is the control that protects nothing",
            Json = ("method", s => s.Options.Method.Name),
        },
        Value("--epsilon", "ε", "Largest change of a sample in 8-bit steps", Epsilon, (s, v) => s.Options = s.Options with { Epsilon = v }) with
        {
            Default = MethodCatalog.Defaults(b => b.Epsilon),
            Json = ("epsilon", s => s.Options.Epsilon),
            Excludes = ("--strength",
                $"A strength is a name for an ε: {string.Join(", ", ProtectionStrength.All.Select(p => $"{p.Name} {Format.Number(p.Epsilon, "0.##")}"))}."),
        },
        Value("--strength", "name", "A name for an ε", Strengths.Parser,
            (s, v) => (s.Options, s.Strength) = (s.Options with { Epsilon = v.Epsilon }, v.Name)) with
        {
            Details = string.Join(", ",
                ProtectionStrength.All.Select(p => $"{p.Name} is ε {Format.Number(p.Epsilon, "0.##")} (PSNR at least {Format.Number(p.PsnrFloor, "0.0")} dB)")),
            Json = ("strength", s => s.Strength),
        },
        Value("--steps", "n", "Steps", Values.Integer(1, ProtectionOptions.MaxSteps, "20"), (s, v) => s.Options = s.Options with { Steps = v }) with
        {
            Default = MethodCatalog.Defaults(b => b.Steps), Json = ("steps", s => s.Options.Steps),
        },
        Value("--noise-samples", "n", "Noise samples (noise and timestep) a step, each a pass through the U-Net",
            Values.Integer(1, ProtectionOptions.MaxNoiseSamples, "4"), (s, v) => s.Options = s.Options with { NoiseSamples = v }) with
        {
            FormerNames = ["--draws"],
            Details = "A step follows their mean gradient; the encoder runs once for all of them",
            Default = MethodCatalog.Defaults(b => b.NoiseSamples),
            Json = ("draws", s => s.Options.NoiseSamples),
        },
        Value("--step-size", "size", "First step in 8-bit steps, kept until the end", StepSizes, (s, v) => s.Options = s.Options with { StepSize = v }) with
        {
            Details = "The default steps shrink linearly to a tenth instead",
            Default = MethodCatalog.Defaults(b => b.StepSize / b.Epsilon, " ε"), Json = ("stepSize", s => s.Options.StepSize),
        },
        Value("--seed", "n", "Seed of everything random", Values.Whole("42"), (s, v) => s.Options = s.Options with { Seed = v }) with
        {
            Details = "The same seed gives the same picture byte for byte on the same machine",
            Default = Format.Count(new ProtectionOptions().Seed), Json = ("seed", s => s.Options.Seed),
        },
        Value("--layers", "set",
            "Cross-attention layers whose K and V are trained: paper, all, none, topk:style:4, ensemble:4, budget:100000, random:4:1, or names and patterns " +
                "separated by commas", Layers(plugins),
            (s, v) => (s.Options, s.Layers) = (s.Options with { Layers = v.Selector }, v.Text)) with
        {
            Details = "See [Choosing layers](choosing-layers.md)",
            Default = "the method's own",
            Json = ("layers", s => s.Layers),
            Refuses = Unless(m => m.TakesLayers, "it trains no layers' K and V.", "Leave --layers out."),
        },
        Value("--prompt", "text", "Prompt that conditions the model", Values.Text, (s, v) => s.Options = s.Options with { Prompt = v }) with
        {
            Default = "the model's own", Json = ("prompt", s => s.Options.Prompt),
        },
        Value("--target", "file", $"Picture to whose latents {MethodCatalog.With(m => m.TakesTarget)} draw", Pictures,
            (s, v) => (s.Options, s.Target) = (s.Options with { Target = v.Picture }, v.File)) with
        {
            Default = "black and white cells; for photoguard latents of zero",
            IsPath = true,
            Json = ("target", s => s.Target),
            Refuses = Unless(m => m.TakesTarget, "it draws to no target.", $"Leave --target out, or take {MethodCatalog.With(m => m.TakesTarget, "or")}."),
        },
        Value("--style-encoder", "folder",
            $"Encoder that {MethodCatalog.With(m => m.Needs.HasFlag(MethodNeeds.StyleEncoder))} leads away from: CSD, CLIP or one of this project", Values.Text,
            (s, v) => s.Options = s.Options with { StyleEncoder = v }) with
        {
            Details = "`config.json` beside `model.safetensors`, or a classifier of this project. Measure the effect with another encoder",
            Default = "the model's own style classifier",
            IsPath = true,
            Json = ("styleEncoder", s => s.Options.StyleEncoder),
            Refuses = Unless(m => m.Needs.HasFlag(MethodNeeds.StyleEncoder), "it uses no style encoder.",
                $"Leave --style-encoder out, or take {MethodCatalog.With(m => m.Needs.HasFlag(MethodNeeds.StyleEncoder), "or")}."),
        },
        Value("--learning-rate", "rate", "Learning rate of what is trained beside the picture", Values.Number("2e-4", "0 to 1"),
            (s, v) => s.Options = s.Options with { LearningRate = v }) with
        {
            Details = "About 2e-4 suits the embedded model",
            Default = MethodCatalog.Defaults(b => b.LearningRate),
            Json = ("learningRate", s => s.Options.LearningRate),
            Refuses = Unless(m => m.Trains, "it trains nothing beside the picture.", "Leave --learning-rate out."),
        },
        Value("--surrogate-steps", "n", "Training steps of the surrogate at a time", Values.Integer(1, ProtectionOptions.MaxSteps, "100"),
            (s, v) => s.Options = s.Options with { SurrogateSteps = v }) with
        {
            Details = "fsmg trains once, before the first step; aspl takes at most ten rounds, each of which begins on the originals, and trains on the " +
                "changed pictures between two; mist-v2 takes at most five and trains between two. " +
                "Each training step sees one view, drawn for it. They are part of the progress",
            Default = MethodCatalog.Defaults(b => b.SurrogateSteps),
            Json = ("surrogateSteps", s => s.Options.SurrogateSteps),
            Refuses = Unless(m => m.OuterLoop is not null, "it trains no surrogate.",
                $"Leave --surrogate-steps out, or take {MethodCatalog.With(m => m.OuterLoop is not null, "or")}."),
        },
        Switch("--official-script", "The official script's behaviour, for comparisons: squashes to the model's square size",
            (s, v) => s.Options = s.Options with { OfficialScript = v }) with
        {
            FormerNames = ["--reference"], Details = "See [Official script mode](#official-script-mode)", Json = ("reference", s => s.Options.OfficialScript),
        },
        Value("--resolution", "pixels", "Side of the square views that the model sees", Values.Integer(1, ProtectionOptions.MaxResolution, "512"),
            (s, v) => s.Options = s.Options with { Resolution = v }) with
        {
            Details = "A multiple of 64 for Stable Diffusion and the embedded model. The picture keeps its size",
            Default = "the model's own", Json = ("resolution", s => s.Options.Resolution),
        },
        SharedOptions.Memory with
        {
            Details = "A number and its unit (`B`, `KiB`, `MiB`, `GiB`, `TiB`, `KB`, `MB`, `GB`, `TB`). See [Performance](performance.md)",
            Default = "nine tenths of what is available; on a GPU everything at once",
        },
        Switch("--explain", "Print how the work fits into memory, and stop", (s, v) => s.Explain = v) with
        {
            Details = "Nothing is computed or written. `-o` is still needed. With `--json`: `{\"schema\": \"styleprotect.explain/1\", \"sets\": " +
                "[{\"pictures\", \"plan\"}]}`",
        },
        SharedOptions.Models,
        SharedOptions.Vae,
        SharedOptions.Variant,
        SharedOptions.Lora,
        SharedOptions.Precision,
        SharedOptions.Device,
        Value("--format", "name", "Format of the protected pictures", PictureFormat.Parser, (s, v) => s.Format = v) with
        {
            Details = "`webp` and `avif` are written lossless; `jpeg` loses part of the protection", Default = PictureFormat.Png.Name,
                Json = ("format", s => s.Format.Name),
        },
        Value("--batch", "n", "Pictures trained together as one artist's set", Values.Integer(1, ProtectSettings.MaxBatch, "4"), (s, v) => s.Batch = v) with
        {
            Default = Format.Count(ProtectSettings.DefaultBatch), Json = ("batch", s => s.SetSize),
        },
        Switch("--together", $"All pictures in one set, at most {ProtectSettings.MaxBatch}", (s, v) => s.Together = v) with
        {
            Excludes = ("--batch", "--together puts all pictures into one batch."),
        },
        SharedOptions.Threads,
        Switch("--recursive", "Search sub-folders too; their structure is kept", (s, v) => s.Recursive = v) with { Aliases = ["-r"] },
        Define<IOverwriteSettings>.Switch("--overwrite", "Replace existing files; also allows the originals' own folder", (s, v) => s.Overwrite = v),
        SharedOptions.Json,
        Switch("--verbose", "Show the notes on each picture, and more about unexpected failures", (s, v) => s.Verbose = v) with { Aliases = ["-v"] },
        SharedOptions.Plugin,
        .. plugins.Options,
    ];

    /// <summary>The settings as JSON documents hold them.</summary>
    /// <param name="settings">As asked for, or resolved.</param>
    /// <param name="isPublished">Whether the document is published with a picture: files are named without their folders then.</param>
    internal static OrderedDictionary<string, object?> Section(ProtectSettings settings, bool isPublished = false)
    {
        var section = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var definition in All)
        {
            if (definition.JsonName is not { } name) continue;
            var value = definition.JsonValue(settings);
            section.Add(name, isPublished && definition.Text.IsPath && value is string path ? Path.GetFileName(Path.TrimEndingDirectorySeparator(path))
                : value);
        }

        return section;
    }

    private static Choices<ProtectionStrength> Strengths => new([.. ProtectionStrength.All.Select(s => (s.Name, s))]);

    private static ValueParser<double> StepSizes =>
        new((option, text) => Values.ReadNumber(option, text, "1") is > 0 and <= ProtectionOptions.MaxEpsilon and var size
        ? size : throw CommandException.Usage($"{option} {text} is out of range.",
            $"Allowed: above 0 to {Format.Number(ProtectionOptions.MaxEpsilon, "0")}; for example {option} 1"))
        {
            Range = $"above 0 to {Format.Number(ProtectionOptions.MaxEpsilon, "0")}",
        };

    private static ValueParser<(string Text, ILayerSelector Selector)> Layers(PluginSet plugins) => new((option, text) =>
    {
        foreach (var (name, selector) in plugins.Of<ILayerSelector>())
            if (name == text.Trim()) return (name, selector);
        if (text.Split(',').All(string.IsNullOrWhiteSpace))
            throw CommandException.Usage($"{option} is empty.", "Give paper, all, none, or names separated by commas; `styleprotect layers` lists them.");
        try
        {
            return (text, LayerSelectors.Parse(text));
        }
        catch (LayerSelectionException e)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
    });

    private static ValueParser<(string File, Artwork Picture)> Pictures => new((option, text) =>
    {
        try
        {
            return (text, Artwork.Load(text));
        }
        catch (ArtworkException e)
        {
            throw CommandException.Usage($"{option}: {e.Message}", cause: e);
        }
    });

    private static double ReadEpsilon(string option, string text)
    {
        var most = Format.Number(ProtectionOptions.MaxEpsilon, "0");
        var range = $"ε counts 8-bit steps: above 0, at most {most}; usual are " +
            $"{string.Join(", ", ProtectionStrength.All.Select(s => $"{Format.Number(s.Epsilon, "0.##")} ({s.Name})"))}.";
        return Values.ReadNumber(option, text, "8") switch
        {
            0 => throw CommandException.Usage($"{option} 0 changes nothing.", range),
            < 0 => throw CommandException.Usage($"{option} {text} is negative.", range),
            > ProtectionOptions.MaxEpsilon => throw CommandException.Usage($"{option} {text} is above {most}: it would ruin the picture.", range),
            var value => value,
        };
    }

    private static Func<ProtectSettings, (string Reason, string? Hint)?> Unless(Func<ProtectionMethod, bool> takes, string reason, string hint) => settings =>
        takes(settings.Options.Method) ? null : ($"has no meaning with --method {settings.Options.Method.Name}: {reason}", hint);

    private static OptionDefinition<ProtectSettings, T> Value<T>(string name, string valueName, string help, ValueParser<T> parser,
        Action<ProtectSettings, T> set) =>
        Define<ProtectSettings>.Value(name, valueName, help, parser, set);

    private static OptionDefinition<ProtectSettings, bool> Switch(string name, string help, Action<ProtectSettings, bool> set) =>
        Define<ProtectSettings>.Switch(name, help, set);
}
