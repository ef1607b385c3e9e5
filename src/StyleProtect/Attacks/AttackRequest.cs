using StyleProtect.Artworks;

namespace StyleProtect.Attacks;

/// <summary>One attack.</summary>
/// <param name="Artworks">The pictures to learn from, as they were published.</param>
/// <param name="Prompts">What the fine-tuned model paints, one picture each.</param>
/// <param name="Options">How.</param>
public sealed record AttackRequest(IReadOnlyList<Artwork> Artworks, IReadOnlyList<string> Prompts, AttackOptions Options);
