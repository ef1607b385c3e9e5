using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>How artworks become what is optimised, what the model sees of them in a step, and how the result is written.</summary>
internal interface IFraming
{
    /// <summary>Views of each image in a step, unless the method samples its own.</summary>
    int ViewsPerImage { get; }

    /// <summary>The pictures whose samples are optimised.</summary>
    IReadOnlyList<Artwork> Prepare(IReadOnlyList<Artwork> artworks);

    /// <summary>Size of what is optimised for an artwork of a size.</summary>
    (int Width, int Height) SizeOf(int width, int height);

    /// <summary>What the model sees.</summary>
    IViewSampler Views();

    /// <summary>The written picture.</summary>
    Artwork Compose(PerturbedImage image);

    /// <summary>The timesteps of all steps; null for independent ones.</summary>
    TimestepSequence? Timesteps(LatentDiffusionModel model, Generator generator);

    /// <summary>Bits of a written sample.</summary>
    int BitDepth(Artwork artwork);

    /// <summary>The framing of a mode.</summary>
    /// <param name="officialScript">Whether the official script's behaviour is asked for.</param>
    /// <param name="side">Side of a view in pixels.</param>
    internal static IFraming Of(bool officialScript, int side) => officialScript ? new ScriptFraming(side) : new NativeFraming(side);
}

/// <summary>
/// The artwork keeps its size; a step sees its largest square and random crops, at evenly spread timesteps; ε holds for every written sample.
/// </summary>
internal sealed class NativeFraming(int side) : IFraming
{
    // Random crops of each image that are seen in a step, beside the whole.
    private const int Crops = 1;

    public int ViewsPerImage => 1 + Crops;

    public IReadOnlyList<Artwork> Prepare(IReadOnlyList<Artwork> artworks) => artworks;

    public (int Width, int Height) SizeOf(int width, int height) => (width, height);

    public IViewSampler Views() => new WholeAndCrops(side, Crops);

    public Artwork Compose(PerturbedImage image) => image.Compose();

    public TimestepSequence? Timesteps(LatentDiffusionModel model, Generator generator) => new(model.TrainTimesteps, generator);

    public int BitDepth(Artwork artwork) => artwork.BitDepth;
}

/// <summary>As the official scripts: squashed to a square of 8 bits, independent timesteps, rounded to the nearest value.</summary>
internal sealed class ScriptFraming(int side) : IFraming
{
    public int ViewsPerImage => 1;

    public IReadOnlyList<Artwork> Prepare(IReadOnlyList<Artwork> artworks) => [.. artworks.Select(a => PillowResize.Squash(a, side))];

    public (int Width, int Height) SizeOf(int width, int height) => (side, side);

    public IViewSampler Views() => new SquashedPicture(side);

    public Artwork Compose(PerturbedImage image) => image.ComposeAsScript();

    public TimestepSequence? Timesteps(LatentDiffusionModel model, Generator generator) => null;

    public int BitDepth(Artwork artwork) => 8;
}
