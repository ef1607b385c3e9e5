using StyleProtect.Artworks;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>Settings of a protection. Defaults suit real use: the artwork's own size, the embedded model, medium strength.</summary>
public sealed record ProtectionOptions
{
    /// <summary>The largest ε that is accepted, in 8-bit steps.</summary>
    public const double MaxEpsilon = 64;

    // Null is a mistake of the caller's, which is refused, and not the same as no choice.
    private readonly (bool IsChosen, ProtectionMethod Method) _method;

    /// <summary>The method.</summary>
    /// <value>
    /// The default is <see cref="ProtectionMethod.StyleProtect"/>; with a model that is an autoencoder alone, or an ensemble of them,
    /// <see cref="ProtectionMethod.PhotoGuard"/>.
    /// </value>
    public ProtectionMethod Method
    {
        get => _method.IsChosen ? _method.Method : ProtectionMethod.StyleProtect;
        init => _method = (true, value);
    }

    /// <summary>The largest number of steps that is accepted.</summary>
    public const int MaxSteps = 100_000;

    /// <summary>
    /// L∞ budget ε in 8-bit steps (of 255), above 0 and at most <see cref="MaxEpsilon"/>: no written sample differs from the original by more. What is written
    /// has whole steps of the picture's own depth, so an 8-bit picture uses the whole part of ε. See <see cref="ProtectionStrength"/> for presets. In official
    /// script mode samples are rounded to the nearest step, as the official script does, and may so differ by up to half a step more.
    /// </summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.Epsilon"/>): 8 for the built-in ones, in official script mode the script's.</value>
    public double? Epsilon { get; init; }

    /// <summary>Number of steps, each one pass through the autoencoder and back, 1 to <see cref="MaxSteps"/>.</summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.Steps"/>). The random control takes no step.</value>
    public int? Steps { get; init; }

    /// <summary>The largest number of noise samples a step that is accepted.</summary>
    public const int MaxNoiseSamples = 64;

    /// <summary>
    /// Samples of noise and timestep whose mean gradient a step follows, 1 to <see cref="MaxNoiseSamples"/>: each is one pass through the U-Net and back, while
    /// the pictures are encoded once for all of them. A step with a better gradient can be longer, so that fewer do.
    /// </summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.NoiseSamples"/>).</value>
    public int? NoiseSamples { get; init; }

    /// <summary>Sign step in 8-bit steps.</summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.StepSize"/>), which shrinks by <see cref="MethodBudget.Decay"/>; an explicit one
    /// stays.</value>
    public double? StepSize { get; init; }

    /// <summary>Seed of every draw (noise, timesteps, views). The same seed gives the same output byte for byte on the same machine.</summary>
    /// <value>The default is 42.</value>
    public long Seed { get; init; } = 42;

    /// <summary>Which cross-attention layers' K and V are trained; null takes the method's own.</summary>
    public ILayerSelector? Layers { get; init; }

    /// <summary>The prompt that conditions the model; null takes the model's own ("a photo of an artwork" for Stable Diffusion).</summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// The picture to whose latents <see cref="ProtectionMethod.Mist"/>, <see cref="ProtectionMethod.MistV2"/> (what the U-Net predicts of them) and
    /// <see cref="ProtectionMethod.PhotoGuard"/> draw the artworks' (its largest square in the middle, at the model's size); the other methods refuse one.
    /// </summary>
    /// <value>Null takes a pattern of black and white cells (Mist, Mist v2) or latents of zero (PhotoGuard).</value>
    public Artwork? Target { get; init; }

    /// <summary>
    /// Folder of the style encoder that <see cref="ProtectionMethod.StyleDistance"/> leads away from: <c>config.json</c> beside <c>model.safetensors</c>, as
    /// <see cref="Perception.ImageEncoders.Open"/> reads it (CSD, CLIP, an encoder of this project), or a classifier of this project. Measure a protection's
    /// effect with another encoder than the one that it was made with.
    /// </summary>
    /// <value>Null takes the style classifier that the model's folder has (<c>judges/style</c>; the embedded model has one).</value>
    public string? StyleEncoder { get; init; }

    /// <summary>
    /// Learning rate (AdamW, weight decay 1e-2) of the K and V weights, or of what <see cref="ProtectionMethod.Fsmg"/>, <see cref="ProtectionMethod.Aspl"/> and
    /// <see cref="ProtectionMethod.MistV2"/> train.
    /// </summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.LearningRate"/>). A small model such as the embedded one learns K and V with about
    /// 2e-4.</value>
    public double? LearningRate { get; init; }

    /// <summary>
    /// Training steps of the throw-away surrogate at a time, 1 to <see cref="MaxSteps"/>: <see cref="ProtectionMethod.Fsmg"/> trains once, before the first
    /// step, <see cref="ProtectionMethod.Aspl"/> twice a round, <see cref="ProtectionMethod.MistV2"/> once a round. Each sees one view. The other methods
    /// refuse it.
    /// </summary>
    /// <value>Null takes the method's own (<see cref="MethodBudget.SurrogateSteps"/>).</value>
    public int? SurrogateSteps { get; init; }

    /// <summary>The official script's behaviour for comparisons: the picture is squashed to the model's square size and is written at that size.</summary>
    /// <value>The default is false.</value>
    public bool OfficialScript { get; init; }

    /// <summary>
    /// Side of the square views that the model sees, in pixels: a multiple of what U-Net and autoencoder shrink a side by (64 in Stable Diffusion 1.x and the
    /// embedded model), at most <see cref="MaxResolution"/>. The artwork keeps its own size (in official script mode it is squashed to this one). Losses before
    /// and after are measured at the model's own size.
    /// </summary>
    /// <value>Null takes the side of the pictures that the model was trained on.</value>
    public int? Resolution { get; init; }

    /// <summary>The largest side of a view that is accepted.</summary>
    public const int MaxResolution = 4096;

    /// <summary>
    /// Bytes that the process may hold while it protects. Fewer views at once, computing the encoder again and, last, tiles keep a step below it
    /// (<see cref="MemoryPlan"/>).
    /// </summary>
    /// <value>Null takes nine tenths of what the machine has available; on a GPU everything is then computed at once.</value>
    public long? MemoryLimit { get; init; }

    /// <summary>Arithmetic of the frozen weights; another one than last time's loads the model again.</summary>
    /// <value>Null takes the host's (<see cref="ModelHostOptions.Precision"/>).</value>
    public Precision? Precision { get; init; }

    /// <summary>
    /// Pictures of another artist, for methods that lead towards or compare with a foreign style (<see cref="MethodNeeds.OtherArtist"/>); the others refuse
    /// them.
    /// </summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<Artwork>? OtherArtist { get; init; }

    /// <summary>
    /// Picture metrics that are computed for every protected picture beside PSNR, SSIM and the largest change (<see cref="ProtectedArtwork.Metrics"/>).
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<IPictureMetric> Metrics { get; init; } = [];

    /// <summary>Samples of noise and timestep for the losses before and after; fewer make tests quicker.</summary>
    internal int LossSamples { get; init; } = 16;

    /// <summary>The same settings with the method that suits a model where none was chosen.</summary>
    /// <param name="model">The model, or the members of an ensemble.</param>
    internal ProtectionOptions For(IReadOnlyList<ModelSource> model) =>
        !_method.IsChosen && (model.Count > 1 || model[0].IsAutoencoderAlone) ? this with { Method = ProtectionMethod.PhotoGuard } : this;
}
