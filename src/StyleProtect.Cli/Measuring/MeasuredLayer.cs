using System.Text.RegularExpressions;

namespace StyleProtect.Cli.Measuring;

/// <summary>One layer of a <see cref="SensitivityDocument"/>.</summary>
/// <param name="Index">Position in name order.</param>
/// <param name="Name">diffusers' name.</param>
/// <param name="InPaperSet">Whether it is one of the paper's four.</param>
/// <param name="StyleResponse">Mean relative change of its output with other style words.</param>
/// <param name="ContentResponse">The same with other content words.</param>
/// <param name="MeanRank">Mean of its ranks in the measures, 1 is the highest.</param>
/// <param name="Scores">By measure.</param>
internal sealed partial record MeasuredLayer(
    int Index, string Name, bool InPaperSet, double StyleResponse, double ContentResponse, double MeanRank, IReadOnlyDictionary<string, MeasuredScore> Scores)
{
    /// <summary>A name that fits into a plot: <c>up 1.0</c>, <c>mid</c>, <c>up 0.1 · 7</c> (the seventh of several in a transformer, from 0).</summary>
    internal string Label => Parts().Match(Name) is { Success: true } m
        ? (m.Groups["level"].Success ? $"{m.Groups["way"]} {m.Groups["level"]}.{m.Groups["transformer"]}" : "mid") + (m.Groups["block"].Value is "0" ? "" : $" · {m.Groups["block"]}")
        : Name;

    [GeneratedRegex(@"^((?<way>down|up)_blocks\.(?<level>\d+)|mid_block)\.attentions\.(?<transformer>\d+)\.transformer_blocks\.(?<block>\d+)\.attn2$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
