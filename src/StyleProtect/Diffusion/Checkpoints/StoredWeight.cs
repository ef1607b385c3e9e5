namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Where a weight is stored, and what makes it the one that diffusers' name stands for.</summary>
/// <param name="Path">The file.</param>
/// <param name="Key">The key in the file.</param>
/// <param name="Form">What is done with it.</param>
internal sealed record StoredWeight(string Path, string Key, WeightForm Form = WeightForm.AsStored)
{
    /// <summary>The shape after the operation.</summary>
    /// <exception cref="CheckpointException">The stored shape does not allow it; the message names file and key.</exception>
    internal IReadOnlyList<long> ShapeOf(SafetensorsEntry entry) => Form switch
    {
        WeightForm.AsStored => entry.Shape,
        WeightForm.Transposed when entry.Shape is [var rows, var columns] => [columns, rows],
        // A linear layer may stand where a convolution is expected, and the other way round: some converters squeeze, some do not.
        WeightForm.Pointwise => entry.Shape is [var m, var n, 1, 1] ? [m, n] : entry.Shape,
        WeightForm.FirstThird or WeightForm.SecondThird or WeightForm.LastThird when entry.Shape is [var all, ..] && all % 3 == 0 =>
            [all / 3, .. entry.Shape.Skip(1)],
        _ => throw new CheckpointException(
            $"{Path}: '{SafetensorsHeader.Shown(Key)}' has the shape [{string.Join(", ", entry.Shape)}]; " +
            (Form is WeightForm.Transposed ? "a matrix is expected." : "a first dimension that is a multiple of 3 is expected (queries, keys and values).")),
    };
}

/// <summary>How a stored weight becomes the model's.</summary>
internal enum WeightForm
{
    /// <summary>Unchanged.</summary>
    AsStored,

    /// <summary>A matrix, rows and columns exchanged (OpenCLIP's text projection).</summary>
    Transposed,

    /// <summary>A 1 × 1 convolution [m, n, 1, 1] as a matrix [m, n].</summary>
    Pointwise,

    /// <summary>The queries of a fused projection.</summary>
    FirstThird,

    /// <summary>The keys of a fused projection.</summary>
    SecondThird,

    /// <summary>The values of a fused projection.</summary>
    LastThird,
}
