using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Protection.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>One picture while it is protected: original and perturbed samples in [−1, 1] at its own size.</summary>
internal sealed class Canvas : IDisposable
{
    private readonly Tensor _original;
    private readonly Tensor _picture;
    private readonly Tensor _gradient;
    private readonly Tensor? _alpha;

    internal Canvas(Artwork artwork, Device device)
    {
        Artwork = artwork;
        _original = tensor(artwork.ToPlanarRgb(), [3, artwork.Height, artwork.Width]).Div(127.5).Sub(1).to(device).contiguous().DetachFromDisposeScope();
        _picture = _original.clone().DetachFromDisposeScope();
        _gradient = zeros_like(_original).DetachFromDisposeScope();
        if (artwork.HasAlpha) _alpha = AlphaOf(artwork, device);
    }

    internal Artwork Artwork { get; }

    /// <summary>The smallest ε, in 8-bit steps, that can change a sample of a bit depth.</summary>
    internal static double SmallestEpsilon(int bitDepth) => 1 / Grid(bitDepth);

    /// <summary>Values of a sample to an 8-bit step.</summary>
    private static double Grid(int bitDepth) => bitDepth == 16 ? 257 : 1;

    /// <summary>The picture as it would be seen: transparent parts over white. [3, H, W]</summary>
    internal Tensor Seen() => OverWhite(_picture);

    /// <summary>The original as it would be seen. [3, H, W]</summary>
    internal Tensor SeenOriginal() => OverWhite(_original);

    /// <summary>Adds a view's gradient to the picture's.</summary>
    internal void Accumulate(View view, Tensor gradient) => view.AddTransposed(gradient, _gradient);

    /// <summary>One projected step along the accumulated gradient, which is cleared. Fully transparent pixels have no gradient and stay.</summary>
    internal void Step(IFusedKernels kernels, PgdStepOptions options)
    {
        using var frozen = no_grad();
        if (_alpha is not null) _gradient.mul_(_alpha);
        kernels.PgdStep(_picture, _original, _gradient, options);
        _gradient.zero_();
    }

    /// <summary>Uniform noise of ±ε, the control.</summary>
    internal void Randomize(double epsilon, Generator generator)
    {
        using var scope = NewDisposeScope();
        var noise = rand(_original.shape, generator: generator).Mul(2).Sub(1).Mul(epsilon);
        _picture.copy_(_original.Add(noise.to(_original.device)).Clamp(-1, 1));
    }

    /// <summary>The protected picture on the artwork's own grid of values, no sample further than ε (in 8-bit steps) from the original.</summary>
    internal Artwork Compose(double epsilon)
    {
        var planar = Planar();
        var original = Artwork.ToPlanarRgb();
        // Rounding must not overstep: the difference is rounded on the grid, and ε down to it.
        var grid = Grid(Artwork.BitDepth);
        var limit = Math.Floor(epsilon * grid + 1e-6);
        for (var i = 0; i < planar.Length; i++)
        {
            var steps = Math.Clamp(Math.Round((planar[i] - original[i]) * grid), -limit, limit);
            planar[i] = (float)Math.Clamp(original[i] + steps / grid, 0, 255);
        }

        return Artwork.WithPlanarRgb(planar);
    }

    /// <summary>The official script's rounding, trunc(127.5·x + 128), which is rounding to the nearest value.</summary>
    internal Artwork ComposeReference()
    {
        var planar = Planar();
        for (var i = 0; i < planar.Length; i++) planar[i] = (float)Math.Clamp(Math.Floor(planar[i] + 0.5f), 0, 255);
        return Artwork.WithPlanarRgb(planar);
    }

    public void Dispose()
    {
        _original.Dispose();
        _picture.Dispose();
        _gradient.Dispose();
        _alpha?.Dispose();
    }

    /// <summary>1 is white: x·α + (1 − α).</summary>
    private Tensor OverWhite(Tensor picture) => _alpha is null ? picture.alias() : (picture * _alpha).Add(_alpha.Rsub(1));

    private float[] Planar()
    {
        using var scope = NewDisposeScope();
        return _picture.Add(1).Mul(127.5).cpu().data<float>().ToArray();
    }

    private static Tensor AlphaOf(Artwork artwork, Device device)
    {
        var values = new float[artwork.Width * artwork.Height];
        float full = (1 << artwork.BitDepth) - 1;
        var source = artwork.Alpha;
        for (var i = 0; i < values.Length; i++) values[i] = source[i] / full;
        return tensor(values, [1, artwork.Height, artwork.Width], device: device).DetachFromDisposeScope();
    }
}
