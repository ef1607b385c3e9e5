namespace StyleProtect.Perception;

/// <summary><c>config.json</c> of a <see cref="ConvolutionalEncoder"/>.</summary>
internal sealed record ConvolutionalEncoderConfig
{
    internal const string ClassNameValue = "ConvolutionalEncoder";

    /// <summary>What it is, for reports.</summary>
    public string Name { get; init; } = "convolutional encoder";

    /// <summary>Channels of the stages; each halves the picture, the first by <see cref="StemStride"/>.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [32, 64, 128, 256];

    /// <summary>Stride of the first convolution: 2, or 1 to look at every pixel (outlines and textures, at four times the cost).</summary>
    public int StemStride { get; init; } = 2;

    /// <summary>Whether the output sees the statistics of every stage's maps, fine ones and coarse ones, or only of the last stage's.</summary>
    public bool StatisticsOfEveryStage { get; init; }

    /// <summary>Groups of the norms.</summary>
    public int NormNumGroups { get; init; } = 8;

    /// <summary>Side that pictures are resized to, in pixels.</summary>
    public int SampleSize { get; init; } = 64;

    /// <summary>Length of the output: the embedding, or the scores of the classes.</summary>
    public int OutputWidth { get; init; } = 128;

    /// <summary>Names of the classes in the order of the scores; empty for an embedding.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>What it was measured to do, for model cards.</summary>
    public string Description { get; init; } = "";

    /// <summary>Channels whose statistics the output sees.</summary>
    internal int SeenChannels() => StatisticsOfEveryStage ? BlockOutChannels.Sum() : BlockOutChannels[^1];

    /// <exception cref="NotSupportedException">A size is out of range.</exception>
    internal void Validate()
    {
        if (BlockOutChannels.Count is < 1 or > 8 || BlockOutChannels.Any(c => c is < 8 or > 4096 || c % NormNumGroups != 0))
            throw new NotSupportedException(
                $"block_out_channels [{string.Join(", ", BlockOutChannels)}]: one to eight widths of 8 to 4096 are supported, each a multiple of " +
                $"norm_num_groups {NormNumGroups}.");
        if (StemStride is not (1 or 2)) throw new NotSupportedException($"stem_stride {StemStride}: 1 and 2 are supported.");
        var shrinks = StemStride << (BlockOutChannels.Count - 1);
        if (SampleSize is < 8 or > 1024 || SampleSize % shrinks != 0)
            throw new NotSupportedException($"sample_size {SampleSize}: 8 to 1024, divisible by {shrinks}, is supported.");
        if (OutputWidth is < 1 or > 65536 || (Classes.Count > 0 && Classes.Count != OutputWidth))
            throw new NotSupportedException($"output_width {OutputWidth} with {Classes.Count} classes: they must be as many.");
    }
}
