using StyleProtect.Cli.Options;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary>The settings of <c>styleprotect models pull</c>.</summary>
internal sealed class PullSettings : IJsonSettings
{
    private static readonly Choices<ModelParts> s_parts = new(("all", ModelParts.All), ("vae", ModelParts.Vae), ("unet", ModelParts.UNet));

    public ModelPullOptions Options { get; set; } = new();

    public bool Json { get; set; }

    /// <summary>The options, in the order of the help and of the documentation.</summary>
    internal static IReadOnlyList<IOptionDefinition<PullSettings>> All { get; } =
    [
        Define<PullSettings>.Value("--parts", "name", "Which parts", s_parts.Parser, (s, v) => s.Options = s.Options with { Parts = v }) with
        {
            Default = "all; for some names of the catalogue vae",
            Details = "`vae` is enough for the methods that need only an autoencoder; `unet` is everything but the autoencoder",
        },
        Define<PullSettings>.Value("--variant", "name", "Variant of the weights, for example fp16", Values.Text,
            (s, v) => s.Options = s.Options with { Variant = v }) with
        {
            Default = "the plain weights; where there are none the best variant, which a note names",
        },
        Define<PullSettings>.Value("--revision", "name", "Branch, tag or commit", Values.Text, (s, v) => s.Options = s.Options with { Revision = v }) with
        {
            Default = "main",
            Details = "Also written into the name: `owner/name@revision`",
        },
        Define<PullSettings>.Value("--file", "path", "Take this file of the repository instead of choosing by layout; can be repeated", Values.Text,
            (s, v) => s.Options = s.Options with { Files = [.. s.Options.Files, v] }) with
        {
            IsRepeatable = true,
        },
        Define<PullSettings>.Switch("--offline", "Use no network: say what is here", (s, v) => s.Options = s.Options with { Offline = v }),
        SharedOptions.Json,
    ];
}
