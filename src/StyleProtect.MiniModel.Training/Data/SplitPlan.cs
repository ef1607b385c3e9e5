namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Which pictures of the training styles no network may see. Follows from the seed and the names alone.</summary>
internal sealed class SplitPlan
{
    private const int MostPairsOfOneContent = 2;
    private readonly HashSet<(string Style, string Content)> _pairs;

    private SplitPlan(HashSet<string> contents, HashSet<(string, string)> pairs)
    {
        HeldOutContents = contents;
        _pairs = pairs;
    }

    /// <summary>Contents that are held out in every training style.</summary>
    internal IReadOnlySet<string> HeldOutContents { get; }

    /// <summary>Number of held-out combinations.</summary>
    internal int HeldOutPairs => _pairs.Count;

    /// <summary>The part of a training style's picture.</summary>
    internal PictureSplit Of(string style, string content) =>
        HeldOutContents.Contains(content) ? PictureSplit.HeldOutContent
        : _pairs.Contains((style, content)) ? PictureSplit.HeldOutPair
        : PictureSplit.Train;

    /// <summary>The part of a training style's picture that shows several contents: held out where one of them is.</summary>
    internal PictureSplit Of(string style, IReadOnlyCollection<string> contents) =>
        contents.Any(c => Of(style, c) == PictureSplit.HeldOutContent) ? PictureSplit.HeldOutContent
        : contents.Any(c => Of(style, c) == PictureSplit.HeldOutPair) ? PictureSplit.HeldOutPair
        : PictureSplit.Train;

    /// <summary>Draws the plan.</summary>
    /// <param name="common">Contents that every training style has, but for those that joined later.</param>
    /// <param name="styles">Training styles.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="heldOutContents">How many contents to hold out.</param>
    /// <param name="pairShare">Share of each style's remaining common contents to hold out as pairs, 0 to 0.25.</param>
    /// <param name="always">Contents that are always trained whole.</param>
    /// <param name="joined">Training styles that joined later with the contents they have: what the others hold out does not depend on them.</param>
    internal static SplitPlan Draw(
        IReadOnlyCollection<string> common, IReadOnlyCollection<string> styles, long seed, int heldOutContents, double pairShare, IReadOnlySet<string> always,
        IReadOnlyDictionary<string, HashSet<string>>? joined = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(heldOutContents);
        if (pairShare is not (>= 0 and <= 0.25))
            throw new ArgumentOutOfRangeException(nameof(pairShare), pairShare, "The share of held-out pairs must lie in 0 to 0.25.");
        var free = common.Where(c => !always.Contains(c)).ToList();
        if (heldOutContents > free.Count)
            throw new ArgumentException($"{heldOutContents} contents are to be held out of {free.Count} common ones.", nameof(heldOutContents));
        var contents = Ranked(free, c => StableHash.Of(seed, "content", c)).Take(heldOutContents).ToHashSet(StringComparer.Ordinal);
        var rest = free.Where(c => !contents.Contains(c)).ToList();
        var quota = (int)Math.Round(rest.Count * pairShare);
        var pairs = new HashSet<(string, string)>();
        var ofContent = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var style in styles.Order(StringComparer.Ordinal)) HoldOut(style, rest);
        foreach (var (style, drawn) in (joined ?? new Dictionary<string, HashSet<string>>()).OrderBy(j => j.Key, StringComparer.Ordinal))
            HoldOut(style, rest.Where(drawn.Contains));
        return new SplitPlan(contents, pairs);

        void HoldOut(string style, IEnumerable<string> from)
        {
            foreach (
                var content in Ranked(from, c => StableHash.Of(seed, "pair", style, c)).Where(c => ofContent.GetValueOrDefault(c) < MostPairsOfOneContent)
                .Take(quota).ToList())
            {
                pairs.Add((style, content));
                ofContent[content] = ofContent.GetValueOrDefault(content) + 1;
            }
        }
    }

    private static IOrderedEnumerable<string> Ranked(IEnumerable<string> names, Func<string, ulong> rank) =>
        names.OrderBy(rank).ThenBy(n => n, StringComparer.Ordinal);
}
