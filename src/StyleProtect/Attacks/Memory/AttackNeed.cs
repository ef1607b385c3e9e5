using StyleProtect.Diffusion.Models;
using StyleProtect.Runtime.Memory;

namespace StyleProtect.Attacks.Memory;

/// <summary>An attack as far as memory is concerned, and what it needs at the most.</summary>
/// <param name="Footprint">The model.</param>
/// <param name="ElementBytes">Bytes of a weight and of an activation: 2 in bf16, 4 in fp32.</param>
/// <param name="Options">Kind, batch, prior preservation, rank.</param>
/// <param name="Prompts">Pictures that are generated at the end.</param>
/// <param name="Pictures">Sizes of the pictures that are learned from.</param>
internal sealed record AttackNeed(
    AttackFootprint Footprint, int ElementBytes, AttackOptions Options, int Prompts, IReadOnlyList<(int Width, int Height)> Pictures)
{
    // Artworks hold three 16-bit samples and alpha; one at a time becomes fp32 planes, twice while it is resized.
    private const long BytesOfPixel = 4 * 2, BytesOfConvertedPixel = 2 * 3 * sizeof(float);

    private readonly long _side = Footprint.Model.PictureSize;

    /// <summary>Pictures of a training step, class pictures included; 0 without training.</summary>
    internal int Rows => Options.Kind is AttackKind.None ? 0 : Options.Batch * (Options.PriorWeight > 0 ? 2 : 1);

    /// <summary>Pictures that are generated in one go at the most: prompts at the end, class pictures in front.</summary>
    internal int Generated => Math.Max(Prompts, Rows > 0 && Options.PriorWeight > 0 ? Options.ClassPictures : 0);

    /// <summary>What does not depend on how many pictures are computed at once, by part.</summary>
    internal IReadOnlyDictionary<string, long> Fixed => new Dictionary<string, long>(StringComparer.Ordinal)
    {
        ["process"] = ProcessMemory.Base,
        ["weights"] = Footprint.Model.Parameters * ElementBytes,
        ["training"] = Footprint.Trained(Options) * BytesOfTrained,
        ["pictures"] = Pictures.Sum(Pixels) * BytesOfPixel + Pictures.Select(Pixels).DefaultIfEmpty().Max() * BytesOfConvertedPixel +
            (Prompts + (Rows > Options.Batch ? Options.ClassPictures : 0)) * PictureBytes * 2,
    };

    /// <summary>
    /// Bytes for each trained number: fp32 master, two moments and a gradient. Where the model's own weights are trained, the original is kept to put it back,
    /// and while the optimizer steps the gradient is there once more: in bf16 in the weights' type, in fp32 in another order of its elements.
    /// </summary>
    private int BytesOfTrained => (4 * sizeof(float)) + (Options.Kind is AttackKind.DreamBooth or AttackKind.CustomDiffusion ? 2 * ElementBytes : 0);

    private long PictureBytes => 3 * _side * _side * sizeof(float);

    private bool TrainsText => Options.TrainTextEncoder || Options.Kind is AttackKind.TextualInversion;

    private TrainedLayers Trained => Options switch
    {
        { Kind: AttackKind.DreamBooth } => TrainedLayers.Weights,
        { Kind: AttackKind.LoRA, LoraConvolutions: true } => TrainedLayers.ConvolutionAdapters,
        { Kind: AttackKind.LoRA } => TrainedLayers.AttentionAdapters,
        _ => TrainedLayers.None,
    };

    /// <summary>What a training step needs beside the fixed parts, for some pictures at once.</summary>
    internal long Step(int pictures)
    {
        if (pictures == 0) return 0;
        var model = Footprint.Model;
        var encode = new EncoderMemory(model.Autoencoder, model.PictureSize, ElementBytes).Forward;
        var unet = UNetMemory.Peak(model.UNet, model.UNet.SampleSize, new LayerBytes(ElementBytes, Trained));
        var text = TrainsText ? TextGraph(Footprint.Text, ElementBytes) : 0;
        return pictures * ((2 * PictureBytes) + Math.Max(encode, unet + text));
    }

    /// <summary>What generating needs beside the fixed parts, for some pictures at once. Guidance computes each picture twice.</summary>
    internal long Sampling(int pictures)
    {
        var model = Footprint.Model;
        var unet = UNetMemory.Forward(model.UNet, model.UNet.SampleSize, ElementBytes) * (Options.Guidance > 1 ? 2 : 1);
        return pictures * (PictureBytes + Math.Max(unet, DecoderMemory.Forward(model.Autoencoder, model.PictureSize, ElementBytes)));
    }

    /// <summary>
    /// What the graph of the text encoder keeps of one caption. For each token of a layer: the input, both norms' outputs, q, k, v, the attention's output and
    /// its merged form and
    /// two sums; three maps of the feed-forward's inner width; scores and probabilities of the attention.
    /// </summary>
    private static long TextGraph(ClipTextConfig text, int element)
    {
        long length = text.MaxPositionEmbeddings;
        return element * text.NumHiddenLayers * length * ((10L * text.HiddenSize) + (4L * text.IntermediateSize) + (2L * text.NumAttentionHeads * length));
    }

    private static long Pixels((int Width, int Height) size) => (long)size.Width * size.Height;
}
