using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>What was done for pictures trained together.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Size">Number of pictures.</param>
/// <param name="Result">Settings and figures; its pictures are dropped to free their memory.</param>
internal sealed record BatchOutcome(int Number, int Size, ProtectionResult Result)
{
    internal static BatchOutcome Of(int number, ProtectionResult result) => new(number, result.Artworks.Count, result with { Artworks = [] });

    /// <summary>Seconds for one picture: the batch's time shared evenly.</summary>
    internal double SecondsPerPicture => Result.Duration.TotalSeconds / Size;
}
