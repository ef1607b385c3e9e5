using StyleProtect.Diffusion.Models;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Runtime.Memory;

namespace StyleProtect.Protection.Memory;

/// <summary>A request as far as memory is concerned, and what a way to compute it needs at the most.</summary>
/// <param name="Model">The model.</param>
/// <param name="ElementBytes">Bytes of a weight and of an activation.</param>
/// <param name="Side">Side of a view in pixels.</param>
/// <param name="Views">Views of a step; 0 without steps.</param>
/// <param name="AsksUNet">Whether a step asks the U-Net.</param>
/// <param name="Trained">Trained weights.</param>
/// <param name="Pictures">Sizes of the pictures.</param>
internal sealed record MemoryNeed(ModelFootprint Model, int ElementBytes, int Side, int Views, bool AsksUNet, long Trained,
    IReadOnlyList<(int Width, int Height)> Pictures)
{
    /// <summary>Whether a step decodes latents, with gradients.</summary>
    internal bool Decodes { get; init; }

    /// <summary>Bytes of the weights of a style encoder; 0 for none.</summary>
    internal long StyleEncoder { get; init; }

    // fp32: original, perturbed, gradient, composed over white, beside 16-bit samples in and out.
    private const long BytesOfPixel = 4 * 12 + 2 * 6 + 4;

    // Samples and structural similarity of the picture that is being written, when a step's memory is free again.
    private const long BytesOfWrittenPixel = 10 * 12;

    /// <summary>What does not depend on how a step is divided, by part.</summary>
    internal IReadOnlyDictionary<string, long> Fixed => new Dictionary<string, long>(StringComparer.Ordinal)
    {
        ["process"] = ProcessMemory.Base,
        ["weights"] = (Model.Parameters * ElementBytes) + StyleEncoder,
        // fp32 master, gradient and two moments, and a copy in the step of the optimiser.
        ["training"] = 4L * sizeof(float) * Trained,
        ["pictures"] = Pictures.Sum(p => (long)p.Width * p.Height) * BytesOfPixel,
    };

    /// <summary>What a step (or what comes before and after the steps) needs beside that. The autoencoders of an ensemble compute one after another.</summary>
    internal long Step(StepPartition partition)
    {
        var written = Pictures.Select(p => (long)p.Width * p.Height).DefaultIfEmpty().Max() * BytesOfWrittenPixel;
        return Math.Max(written, Model.Autoencoders.Max(a => Step(partition, a)));
    }

    /// <summary>The encoder's segments of a way to compute; for an ensemble those of the autoencoder that has most.</summary>
    internal int SegmentCount(EncoderGraph graph, int side) => Model.Autoencoders.Max(a => new EncoderMemory(a, side, ElementBytes).SegmentCount(graph));

    private long Step(StepPartition partition, IAutoencoderConfig autoencoder)
    {
        var seen = partition.Tile is { } length && length < Side ? length : Side;
        var probe = new EncoderMemory(autoencoder, Model.Denoiser is null ? seen : Model.PictureSize, ElementBytes).Forward;
        if (Views == 0) return probe;
        long together = Math.Min(Views, partition.MicroBatch), looked = 4L * Views * 3 * Side * Side * sizeof(float);
        var tiled = seen < Side;
        var encoder = new EncoderMemory(autoencoder, seen, ElementBytes);
        // Without a U-Net in between all parts are encoded before the first is pulled back.
        var waiting = AsksUNet || tiled ? 0 : Views - together;
        var encode = (together * encoder.Peak(partition.Graph)) + (waiting * encoder.Held(partition.Graph));
        var unet = AsksUNet
            ? together * (UNetMemory.Peak(Model.UNet, Side / autoencoder.Downsampling(), ElementBytes) + (tiled ? 0 : encoder.Held(partition.Graph))) : 0;
        // The style encoder's own maps are those of one picture at its size, small beside the decoder's.
        var decode = !Decodes ? 0 : together * (DecoderMemory.Peak(autoencoder, Side, ElementBytes) + (tiled ? 0 : encoder.Held(partition.Graph)));
        return Math.Max(probe, looked + Math.Max(encode, Math.Max(unet, decode)));
    }
}
