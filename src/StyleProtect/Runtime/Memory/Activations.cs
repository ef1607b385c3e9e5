namespace StyleProtect.Runtime.Memory;

/// <summary>Bytes of feature maps of a piece of a network, for one view.</summary>
/// <param name="Input">What enters it.</param>
/// <param name="Kept">What its graph keeps for the backward pass beside the input, the output included.</param>
/// <param name="Work">What it needs beside that for a while, in the pass that needs most.</param>
internal readonly record struct Activations(long Input, long Kept, long Work)
{
    /// <summary>Pieces one after another with their graphs kept.</summary>
    internal static Activations Sequence(IReadOnlyCollection<Activations> pieces) =>
        new(pieces.First().Input, pieces.Sum(p => p.Kept), pieces.Max(p => p.Work));

    /// <summary>The most that a pass without a graph holds: pieces let go of their input when they are done.</summary>
    internal static long Forward(IEnumerable<Activations> pieces) => pieces.Max(p => p.Input + p.Kept + p.Work);
}
