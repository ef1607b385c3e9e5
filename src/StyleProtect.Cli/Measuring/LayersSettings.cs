using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;

namespace StyleProtect.Cli.Measuring;

/// <summary>The settings of <c>styleprotect layers</c>.</summary>
internal sealed class LayersSettings : IModelSettings, ILoraSettings, IJsonSettings, IPluginSettings
{
    public ModelChoice Model { get; } = new();

    public List<LoraReference> Loras { get; } = [];

    /// <summary>Folder of the pictures to measure on, or null.</summary>
    public string? Pictures { get; set; }

    /// <summary>File with their words, or null.</summary>
    public string? Prompts { get; set; }

    public string? Encoder { get; set; }

    public string? ContentEncoder { get; set; }

    /// <summary>List the self-attention layers too.</summary>
    public bool Self { get; set; }

    public bool Json { get; set; }

    public List<string> Plugins { get; } = [];

    public string? Csv { get; set; }

    public string? Page { get; set; }

    /// <summary>Whether layers are to be measured, not only listed.</summary>
    internal bool Measures => (Pictures ?? Prompts ?? Csv ?? Page ?? Encoder ?? ContentEncoder) is not null;

    /// <summary>The options, in the order of the help and of the documentation.</summary>
    internal static IReadOnlyList<IOptionDefinition<LayersSettings>> For(PluginSet plugins) =>
    [
        SharedOptions.Model,
        SharedOptions.Vae,
        SharedOptions.Variant,
        SharedOptions.Lora,
        Text("--pictures", "folder", "Measure on the pictures of this folder", (s, v) => s.Pictures = v),
        Text("--prompts", "file", "Their words: lines of file,content words,style words", (s, v) => s.Prompts = v),
        SharedOptions.Encoder<LayersSettings>((s, v) => s.Encoder = v),
        Text("--content-encoder", "folder", "Content encoder compared with it; a CSD folder gives its content head",
            (s, v) => s.ContentEncoder = v) with { Default = "the text of the content words" },
        Define<LayersSettings>.Switch("--self", "List the self-attention layers too", (s, v) => s.Self = v),
        Text("--csv", "file", "Write the metrics as CSV", (s, v) => s.Csv = v),
        Text("--page", "file", "Write the metrics as an HTML page with plots", (s, v) => s.Page = v),
        SharedOptions.Json,
        SharedOptions.Plugin,
        .. plugins.Options,
    ];

    private static OptionDefinition<LayersSettings, string> Text(string name, string valueName, string help, Action<LayersSettings, string> set) =>
        Define<LayersSettings>.Value(name, valueName, help, Values.Text, set);
}
