using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>
/// CLIP's image processor: the short side to the model's size (bicubic, antialiased, rounded to 8 bits), the central square, normalised by channel.
/// </summary>
internal sealed class ClipPreprocessing
{
    private readonly long _side;
    private readonly double[] _mean;
    private readonly double[] _deviation;

    internal ClipPreprocessing(int side, double[]? mean = null, double[]? deviation = null)
    {
        _side = side;
        _mean = mean ?? [0.48145466, 0.4578275, 0.40821073];
        _deviation = deviation ?? [0.26862954, 0.26130258, 0.27577711];
    }

    /// <summary>Mean and deviation of <c>preprocessor_config.json</c> where the folder has it, else CLIP's.</summary>
    /// <exception cref="CheckpointException">They are not three numbers each, or a deviation is not positive.</exception>
    internal static ClipPreprocessing Of(string folder, int side)
    {
        var path = Path.Combine(folder, "preprocessor_config.json");
        if (!File.Exists(path)) return new ClipPreprocessing(side);
        var config = DiffusersConfig.Read<Config>(path);
        if (
            config is { ImageMean: not { Length: 3 } and not null } or { ImageStd: not { Length: 3 } and not null } ||
            config.ImageStd?.Any(d => d <= 0) == true)
            throw new CheckpointException($"{path}: image_mean and image_std are three numbers each, and those of image_std above 0.");
        return new ClipPreprocessing(side, config.ImageMean, config.ImageStd);
    }

    /// <param name="pictures">N × 3 × H × W in [−1, 1].</param>
    /// <returns>N × 3 × S × S, normalised.</returns>
    internal Tensor Apply(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Normalized(Square(pictures.Add(1).Mul(127.5)).round().Clamp(0, 255)).MoveToOuterDisposeScope();
    }

    /// <summary>The same without rounding and clamping, which have no gradient.</summary>
    internal Tensor ApplySmoothly(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Normalized(Square(pictures.Add(1).Mul(127.5))).MoveToOuterDisposeScope();
    }

    private Tensor Normalized(Tensor samples)
    {
        var x = samples.Div(255);
        var mean = tensor(_mean, dtype: ScalarType.Float32, device: x.device).view(1, 3, 1, 1);
        var deviation = tensor(_deviation, dtype: ScalarType.Float32, device: x.device).view(1, 3, 1, 1);
        return (x - mean) / deviation;
    }

    private Tensor Square(Tensor x)
    {
        long height = x.shape[2], width = x.shape[3], shorter = Math.Min(height, width);
        if (shorter != _side)
        {
            (height, width) = (_side * height / shorter, _side * width / shorter);
            x = functional.interpolate(x, [height, width], mode: InterpolationMode.Bicubic, align_corners: false, antialias: true);
        }

        return x.narrow(2, (height - _side) / 2, _side).narrow(3, (width - _side) / 2, _side);
    }

    private sealed record Config
    {
        public double[]? ImageMean { get; init; }

        public double[]? ImageStd { get; init; }
    }
}
