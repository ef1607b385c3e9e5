using StyleProtect.Artworks;
using StyleProtect.Attacks;

namespace StyleProtect.Evaluation;

/// <summary>What is compared, with which mimic.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The conditions; one has to be the clean control.</summary>
    public required IReadOnlyList<EvaluationCondition> Conditions { get; init; }

    /// <summary>What the mimic does to the pictures first, each as <see cref="Attacks.Purification.Purifiers.Parse"/> reads it; "none" for nothing.</summary>
    public IReadOnlyList<string> Purifiers { get; init; } = [EvaluationRun.NoPurifier];

    /// <summary>The mimic.</summary>
    public required AttackOptions Attack { get; init; }

    /// <summary>What the mimic paints, the same for every condition.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>The caption of each picture in the mimic's training (<see cref="AttackRequest.Captions"/>); null for the instance prompt.</summary>
    public IReadOnlyList<string>? Captions { get; init; }

    /// <summary>Seeds of the attack: each is one repetition of every condition.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1, 2, 3];

    /// <summary>Name of the artist, for the report.</summary>
    public string Artist { get; init; } = "the artist";

    /// <exception cref="ArgumentException">Something is missing, is there twice, or does not match.</exception>
    internal void Validate(IReadOnlyList<Artwork> artworks)
    {
        if (artworks.Count < 2) throw new ArgumentException($"A style shows in at least two pictures; there are {artworks.Count}.", nameof(artworks));
        if (Captions is { } captions && captions.Count != artworks.Count) throw new ArgumentException($"There are {captions.Count} captions for {artworks.Count} pictures: each picture needs one.", nameof(artworks));
        if (Seeds.Count == 0) throw new ArgumentException("There is no seed: nothing would be repeated.", nameof(artworks));
        if (Conditions.All(c => c.Name != EvaluationCondition.Clean)) throw new ArgumentException($"The control '{EvaluationCondition.Clean}' is missing: without it nothing can be compared.", nameof(artworks));
        if (!Purifiers.Contains(EvaluationRun.NoPurifier, StringComparer.Ordinal)) throw new ArgumentException($"The purifiers lack '{EvaluationRun.NoPurifier}': what a purifier leaves is told beside what is there without one.", nameof(artworks));
        if (Twin(Conditions.Select(c => c.Name)) is { } condition) throw new ArgumentException($"The condition '{condition}' is there twice.", nameof(artworks));
        if (Twin(Purifiers) is { } purifier) throw new ArgumentException($"The purifier '{purifier}' is there twice.", nameof(artworks));
        foreach (var given in Conditions.Where(c => c.Published is not null)) given.RequireMatch(artworks);

        static string? Twin(IEnumerable<string> names) => names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
    }
}
