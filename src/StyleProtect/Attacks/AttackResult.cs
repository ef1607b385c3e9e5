using StyleProtect.Artworks;

namespace StyleProtect.Attacks;

/// <summary>What the mimic painted.</summary>
/// <param name="Generated">One picture for each prompt.</param>
/// <param name="LossCurve">Training loss of every step.</param>
/// <param name="TrainedParameters">Number of trained weights.</param>
/// <param name="Duration">Time of training and sampling.</param>
public sealed record AttackResult(IReadOnlyList<Artwork> Generated, IReadOnlyList<double> LossCurve, long TrainedParameters, TimeSpan Duration);
