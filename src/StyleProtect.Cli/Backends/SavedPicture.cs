namespace StyleProtect.Cli.Backends;

/// <summary>What was written.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="IsPixelExact">Whether reading it back gives exactly the computed samples.</param>
/// <param name="Notes">What the format could not hold, each a sentence for the user.</param>
internal sealed record SavedPicture(long Bytes, bool IsPixelExact, IReadOnlyList<string> Notes);
