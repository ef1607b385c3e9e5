namespace StyleProtect.MiniModel.Training.Data;

/// <summary>How training pictures are drawn.</summary>
internal sealed record SampleOptions
{
    /// <summary>Pictures as they are, but for nothing.</summary>
    internal static SampleOptions Plain(int size) => new() { Size = size };

    /// <summary>For the autoencoder: mirrored, moved and scaled, no captions needed.</summary>
    internal static SampleOptions ForAutoencoder(int size) => new() { Size = size, FlipProbability = 0.5, MaxShift = 0.08, MinScale = 0.7, MaxScale = 1.6 };

    /// <summary>For text-conditioned training: moved and scaled a little; never mirrored, because captions speak of left and right.</summary>
    internal static SampleOptions ForDiffusion(int size) =>
        new() { Size = size, MaxShift = 0.03, MinScale = 0.92, MaxScale = 1.05, EmptyCaptionProbability = 0.1 };

    /// <summary>Width and height of the samples: the stored size, or half of it by an exact 2 × 2 mean.</summary>
    internal int Size { get; init; } = 128;

    /// <summary>Probability of a mirrored picture, 0 to 1.</summary>
    internal double FlipProbability { get; init; }

    /// <summary>Largest shift in each direction as a share of the width.</summary>
    internal double MaxShift { get; init; }

    /// <summary>Smallest magnification.</summary>
    internal double MinScale { get; init; } = 1;

    /// <summary>Largest magnification; above 1 the picture's border is cut off.</summary>
    internal double MaxScale { get; init; } = 1;

    /// <summary>Probability of an empty caption, for classifier-free guidance.</summary>
    internal double EmptyCaptionProbability { get; init; }

    /// <summary>Seed of the stream of pictures.</summary>
    internal long Seed { get; init; } = 1;

    internal void Validate(int storedSize)
    {
        if (Size != storedSize && Size * 2 != storedSize)
            throw new ArgumentException($"Samples can have {storedSize} or {storedSize / 2} pixels, not {Size}.", nameof(storedSize));
        if (FlipProbability is not (>= 0 and <= 1) || EmptyCaptionProbability is not (>= 0 and <= 1))
            throw new ArgumentException(
                $"Probabilities lie in 0 to 1: FlipProbability {FlipProbability}, EmptyCaptionProbability {EmptyCaptionProbability}.", nameof(storedSize));
        if (MaxShift is not (>= 0 and <= 0.5)) throw new ArgumentException($"MaxShift lies in 0 to 0.5, not {MaxShift}.", nameof(storedSize));
        if (MinScale is not >= 0.25 || MaxScale is not <= 4 || MinScale > MaxScale)
            throw new ArgumentException($"Scales lie in 0.25 to 4, the smallest first: {MinScale} to {MaxScale}.", nameof(storedSize));
    }
}
