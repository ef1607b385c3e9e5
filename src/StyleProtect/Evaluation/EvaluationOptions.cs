using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;

namespace StyleProtect.Evaluation;

/// <summary>What is compared, with which mimic.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The conditions; one has to be the clean control.</summary>
    public required IReadOnlyList<EvaluationCondition> Conditions { get; init; }

    /// <summary>
    /// What the mimic does to the pictures first; every condition is attacked after each of them. <see cref="Attacks.Purification.Purifiers.Parse"/> and
    /// <see cref="Attacks.Purification.Purifiers.ParseAll"/> make the built-in ones from text. A purifier of your own (<see cref="IPurifier"/>) is known by its
    /// name; purified
    /// pictures of an earlier run are taken over while its <see cref="IPurifier.Identity"/>, by default the name, is the same.
    /// <see cref="Attacks.Purification.Purifiers.None"/>
    /// has to be among them.
    /// </summary>
    public IReadOnlyList<IPurifier> Purifiers { get; init; } = [Attacks.Purification.Purifiers.None];

    /// <summary>The mimic.</summary>
    public required AttackOptions Attack { get; init; }

    /// <summary>What the mimic generates, the same for every condition.</summary>
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
        if (Captions is { } captions && captions.Count != artworks.Count)
            throw new ArgumentException($"There are {captions.Count} captions for {artworks.Count} pictures: each picture needs one.", nameof(artworks));
        if (Seeds.Count == 0) throw new ArgumentException("There is no seed: nothing would be repeated.", nameof(artworks));
        if (Conditions.All(c => c.Name != EvaluationCondition.Clean))
            throw new ArgumentException($"The control '{EvaluationCondition.Clean}' is missing: without it nothing can be compared.", nameof(artworks));
        ValidatePurifiers(Purifiers);
        if (Twin(Conditions.Select(c => c.Name)) is { } condition)
            throw new ArgumentException($"The condition '{condition}' is there twice.", nameof(artworks));
        foreach (var given in Conditions.Where(c => c.Published is not null)) given.RequireMatch(artworks);
    }

    private static void ValidatePurifiers(IReadOnlyList<IPurifier> purifiers)
    {
        if (purifiers.Any(p => p is null)) throw new ArgumentException("One of the purifiers is null.", nameof(purifiers));
        if (purifiers.FirstOrDefault(p => string.IsNullOrWhiteSpace(p.Name)) is { } nameless)
            throw new ArgumentException($"The purifier {nameless.GetType()} has no name: tables and files show it by its name.", nameof(purifiers));
        if (purifiers.Any(p => p.Name == EvaluationRun.NoPurifier && p != Attacks.Purification.Purifiers.None))
            throw new ArgumentException(
                $"A purifier of your own has the name '{EvaluationRun.NoPurifier}', which means no purifier. Give it another name.", nameof(purifiers));
        if (!purifiers.Contains(Attacks.Purification.Purifiers.None))
            throw new ArgumentException(
                $"The purifiers lack '{EvaluationRun.NoPurifier}': what a purifier leaves is told beside what is there without one.", nameof(purifiers));
        if (Twin(purifiers.Select(p => p.Name)) is { } purifier) throw new ArgumentException($"The purifier '{purifier}' is there twice.", nameof(purifiers));
    }

    private static string? Twin(IEnumerable<string> names) => names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
}
