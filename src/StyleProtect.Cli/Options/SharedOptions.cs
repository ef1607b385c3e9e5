using StyleProtect.Protection;

namespace StyleProtect.Cli.Options;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    internal static readonly Choices<ComputeDevice> Devices = new(("auto", ComputeDevice.Auto), ("cpu", ComputeDevice.Cpu), ("cuda", ComputeDevice.Cuda));

    internal static readonly Choices<Precision> Precisions =
        new(("auto", Runtime.Precision.Auto), ("float32", Runtime.Precision.Float32),
            ("bf16", Runtime.Precision.BFloat16))
        { Former = [("reference", "float32")] };

    private const string ModelHelp = "Model: a folder, a .safetensors file, or a name that `styleprotect models` lists";

    internal static IOptionDefinition<IModelSettings> Model { get; } =
        Define<IModelSettings>.Value("--model", "model", ModelHelp, Values.Text, (s, v) => s.Model.Paths.Add(v)) with
        {
            Default = "the embedded model",
            Details = "See [docs/models.md](models.md)",
        };

    /// <summary>A model, or the members of an ensemble.</summary>
    internal static IOptionDefinition<IModelSettings> Models { get; } =
        Define<IModelSettings>.Value("--model", "model", ModelHelp + "; several are an ensemble of their autoencoders", Values.Text,
            (s, v) => s.Model.Paths.Add(v)) with
        {
            Default = "the embedded model",
            IsRepeatable = true,
            Details = "See [docs/models.md](models.md)",
            Refuses = s => s.Model.Paths.Count > ModelHostOptions.MaxAutoencoders
                ? ($"is given {s.Model.Paths.Count} times; an ensemble has at most {ModelHostOptions.MaxAutoencoders} members.", null) : null,
        };

    internal static IOptionDefinition<IModelSettings> Vae { get; } =
        Define<IModelSettings>.Value("--vae", "model", "Autoencoder that replaces the model's own: a folder, a file or a name", Values.Text,
            (s, v) => s.Model.Vae = v) with
        {
            Refuses = s => s.Model.Paths.Count > 1
                ? ("has no meaning with several models: each brings its own autoencoder.", "Name the autoencoder itself with --model.") : null,
        };

    internal static IOptionDefinition<IModelSettings> Variant { get; } =
        Define<IModelSettings>.Value("--variant", "name", "Variant of the weights, as fp16 in the files' names", Values.Text,
            (s, v) => s.Model.Variant = v) with
        {
            Default = "the best one of each part",
        };

    internal static IOptionDefinition<ILoraSettings> Lora { get; } =
        Define<ILoraSettings>.Value("--lora", "file[:weight]", "LoRA to merge into the model, and its strength; can be repeated", Loras,
            (s, v) => s.Loras.Add(v)) with
        {
            IsRepeatable = true,
            Default = "none; a strength of 1",
            Details = "LoRA, DoRA, LoHa and LoKr of diffusers, peft and kohya's scripts, for U-Net and text encoders",
            Json = ("loras", s => s.Loras.Count == 0 ? null : s.Loras.Select(LoraSection.Of).ToArray()),
        };

    internal static IOptionDefinition<IComputeSettings> Device { get; } =
        Define<IComputeSettings>.Value("--device", "name", "Where to compute", Devices.Parser, (s, v) => s.Device = v) with
        {
            Default = "auto",
            Details = "`cuda` never falls back to the processor",
            Json = ("device", s => Devices.NameOf(s.Device)),
        };

    internal static IOptionDefinition<IComputeSettings> Precision { get; } =
        Define<IComputeSettings>.Value("--precision", "name", "Arithmetic of the frozen weights", Precisions.Parser, (s, v) => s.Precision = v) with
        {
            Default = "auto",
            Json = ("precision", s => Precisions.NameOf(s.Precision)),
        };

    internal static IOptionDefinition<IComputeSettings> Threads { get; } =
        Define<IComputeSettings>.Value("--threads", "n", "Processor threads", Values.Integer(1, 1024, "2"), (s, v) => s.Threads = v) with
        {
            Default = "libtorch's choice",
            Json = ("threads", s => s.Threads),
        };

    internal static IOptionDefinition<IOverwriteSettings> Overwrite { get; } =
        Define<IOverwriteSettings>.Switch("--overwrite", "Replace existing files", (s, v) => s.Overwrite = v);

    internal static IOptionDefinition<IJsonSettings> Json { get; } =
        Define<IJsonSettings>.Switch("--json", "Print one JSON document on standard output", (s, v) => s.Json = v);

    internal static IOptionDefinition<IMimicSettings> Prompts { get; } =
        Define<IMimicSettings>.Value("--prompts", "file", "Prompts that the mimic generates pictures for, one a line", Values.Text,
            (s, v) => s.Prompts = v) with
        {
            Default = "contents that the embedded model knows",
        };

    internal static IOptionDefinition<IMimicSettings> Captions { get; } =
        Define<IMimicSettings>.Switch("--captions", "The mimic learns each picture with a caption of its own: a text file of the same name beside it",
            (s, v) => s.Captions = v) with
        {
            Details = "This makes the mimic stronger",
        };

    internal static IOptionDefinition<IPluginSettings> Plugin { get; } =
        Define<IPluginSettings>.Value("--plugin", "file", "Assembly with methods, purifiers, metrics or layer selectors of your own; can be repeated",
            Values.Text, (s, v) => s.Plugins.Add(v)) with
        {
            IsRepeatable = true,
            Details = "Load only what you trust: a plug-in runs with your rights. See [Plug-ins](#plug-ins)",
        };

    /// <summary>A limit of memory; what it limits depends on the command.</summary>
    internal static OptionDefinition<IMemorySettings, long> Memory { get; } =
        Define<IMemorySettings>.Value("--memory", "amount", "Memory that may be used, for example 4GiB", Values.Memory, (s, v) => s.Memory = v) with
        {
            Default = "nine tenths of what is available",
            Json = ("memory", s => s.Memory),
        };

    private static ValueParser<LoraReference> Loras => new((option, text) =>
    {
        try
        {
            return LoraReference.Parse(text);
        }
        catch (FormatException e)
        {
            throw CommandException.Usage($"{option}: {e.Message}", $"Example: {option} style.safetensors:0.8", e);
        }
    });

    /// <summary>A style encoder that measures.</summary>
    internal static OptionDefinition<T, string> Encoder<T>(Action<T, string> set) =>
        Define<T>.Value("--encoder", "folder", "Style encoder that measures: one of this project, CLIP or CSD", Values.Text,
            set) with
        { Default = "the model's own" };
}

/// <summary>Settings of a command that uses a model.</summary>
internal interface IModelSettings
{
    ModelChoice Model { get; }
}

/// <summary>Which model was asked for.</summary>
internal sealed class ModelChoice
{
    /// <summary>The models; none stands for the embedded one, several for an ensemble.</summary>
    internal List<string> Paths { get; } = [];

    internal string? Vae { get; set; }

    internal string? Variant { get; set; }
}

/// <summary>Settings of a command that uses a model with LoRAs.</summary>
internal interface ILoraSettings
{
    /// <summary>What is merged into the model, in order.</summary>
    List<LoraReference> Loras { get; }
}

/// <summary>A LoRA as documents name it: without its folder.</summary>
internal sealed record LoraSection(string File, double Weight)
{
    internal static LoraSection Of(LoraReference lora) => new(Path.GetFileName(Path.TrimEndingDirectorySeparator(lora.Path)), lora.Weight);
}

/// <summary>Settings of a command that computes with a model.</summary>
internal interface IComputeSettings : IModelSettings
{
    ComputeDevice Device { get; set; }

    Precision Precision { get; set; }

    int? Threads { get; set; }
}

internal interface IJsonSettings
{
    bool Json { get; set; }
}

/// <summary>Settings of a command that has no option of its own.</summary>
internal sealed class JsonSettings : IJsonSettings, IPluginSettings
{
    public List<string> Plugins { get; } = [];

    public bool Json { get; set; }
}

internal interface IOverwriteSettings
{
    bool Overwrite { get; set; }
}

internal interface IMemorySettings
{
    /// <summary>Limit in bytes, or null.</summary>
    long? Memory { get; set; }
}

/// <summary>Settings of a command that plug-ins can extend.</summary>
internal interface IPluginSettings
{
    /// <summary>The plug-ins' files.</summary>
    List<string> Plugins { get; }
}

/// <summary>Settings of a command that plays a mimic.</summary>
internal interface IMimicSettings
{
    /// <summary>File with the prompts, or null.</summary>
    string? Prompts { get; set; }

    /// <summary>Whether each picture is learned with the caption beside it.</summary>
    bool Captions { get; set; }
}

/// <summary>What engines are made of.</summary>
internal static class EngineSettings
{
    /// <summary>Options with the model that was asked for.</summary>
    internal static StyleProtectorOptions Host(this IModelSettings settings) => With(settings, new StyleProtectorOptions());

    internal static StyleProtectorOptions Engine(this IComputeSettings settings, ProtectionOptions? defaults = null) => With(settings, new StyleProtectorOptions
    {
        Device = settings.Device,
        Precision = settings.Precision,
        Defaults = defaults ?? new ProtectionOptions(),
    });

    private static StyleProtectorOptions With(IModelSettings settings, StyleProtectorOptions options)
    {
        var choice = settings.Model;
        if (choice.Paths is [var only]) options.ModelPath = only;
        else options.Autoencoders = choice.Paths;
        (options.VaePath, options.Variant) = (choice.Vae, choice.Variant);
        if (settings is ILoraSettings { Loras: { Count: > 0 } loras }) options.Loras = [.. loras];
        return options;
    }
}
