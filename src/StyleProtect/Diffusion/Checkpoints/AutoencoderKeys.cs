using System.Text.RegularExpressions;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// The attention names that autoencoders had before diffusers 0.15, which published Stable Diffusion checkpoints still have, and what FLUX.2's has beside: the
/// statistics of 2 × 2 patches of latents, by which its transformer's input is scaled.
/// </summary>
internal static partial class AutoencoderKeys
{
    /// <summary>Options that accept both namings, and the 1×1 convolutions of still older files.</summary>
    internal static StateDictionaryOptions Options { get; } = new()
    {
        Rename = Rename,
        SqueezePointwise = true,
        Ignored = ["bn.running_mean", "bn.running_var", "bn.num_batches_tracked"],
    };

    /// <summary>The present name of a key.</summary>
    internal static string Rename(string key) => Old().Replace(key, match => match.Groups["name"].Value switch
    {
        "query" => ".to_q.",
        "key" => ".to_k.",
        "value" => ".to_v.",
        _ => ".to_out.0.",
    });

    [GeneratedRegex(
        @"(?<=(^|\.)attentions\.\d+)\.(?<name>query|key|value|proj_attn)\.(?=weight$|bias$)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Old();
}
