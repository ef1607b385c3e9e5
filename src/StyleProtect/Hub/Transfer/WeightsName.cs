using System.Globalization;
using System.Text.RegularExpressions;

namespace StyleProtect.Hub.Transfer;

/// <summary>The parts of a weights file's name as diffusers and transformers write it: stem, variant, and the shard's number.</summary>
/// <param name="Stem"><c>diffusion_pytorch_model</c> or <c>model</c>.</param>
/// <param name="Variant">As in <c>fp16</c>; null for the plain weights.</param>
/// <param name="Shards">How many shards there are; 0 for a single file and for the index.</param>
/// <param name="IsIndex">Whether it is the index of shards.</param>
internal sealed partial record WeightsName(string Stem, string? Variant, int Shards, bool IsIndex)
{
    private const int MaxLength = 255, MatchMilliseconds = 1_000;

    /// <summary>Reads a file's name; null where it is not that of weights.</summary>
    internal static WeightsName? TryParse(string name)
    {
        if (name.Length > MaxLength) return null;
        if (Index().Match(name) is { Success: true } index) return new WeightsName(index.Groups["stem"].Value, VariantOf(index), 0, IsIndex: true);
        if (Weights().Match(name) is not { Success: true } match) return null;
        var shards = match.Groups["of"].Success ? int.Parse(match.Groups["of"].Value, CultureInfo.InvariantCulture) : 0;
        return new WeightsName(match.Groups["stem"].Value, VariantOf(match), shards, IsIndex: false);
    }

    private static string? VariantOf(Match match) => match.Groups["variant"] is { Success: true, Value: var variant } ? variant : null;

    // Both places that diffusers has put a shard's variant in: before its number, and after it.
    [GeneratedRegex(@"^(?<stem>diffusion_pytorch_model|model)(\.(?<variant>\w+))?(-\d{5}-of-(?<of>\d{5}))?(\.(?<variant>\w+))?\.safetensors$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Weights();

    [GeneratedRegex(@"^(?<stem>diffusion_pytorch_model|model)\.safetensors\.index(\.(?<variant>\w+))?\.json$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Index();
}
