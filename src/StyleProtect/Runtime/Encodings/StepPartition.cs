using StyleProtect.Diffusion;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Encodings;

/// <summary>How a step is divided to fit into memory.</summary>
/// <param name="MicroBatch">Views that are computed at once.</param>
/// <param name="Graph">What the encoder keeps.</param>
/// <param name="Tile">Side of the encoder's tiles in pixels; null for whole views.</param>
internal sealed record StepPartition(int MicroBatch, EncoderGraph Graph, int? Tile)
{
    /// <summary>Everything at once: the fastest.</summary>
    internal static StepPartition Whole { get; } = new(int.MaxValue, EncoderGraph.Full, null);

    /// <summary>Encodes pictures [N, 3, H, W] in [−1, 1] in this way.</summary>
    internal IEncoding Encode(LatentAutoencoder autoencoder, Tensor pictures, CancellationToken cancellationToken = default) =>
        Tile is { } tile && tile < Math.Max(pictures.shape[2], pictures.shape[3]) ? new TiledEncoding(autoencoder, pictures, this, cancellationToken)
        : Graph == EncoderGraph.Full ? new FullGraphEncoding(autoencoder, pictures)
        : new CheckpointedEncoding(autoencoder, pictures, Graph, cancellationToken);
}
