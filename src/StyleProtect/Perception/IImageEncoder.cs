using TorchSharp;

namespace StyleProtect.Perception;

/// <summary>
/// Turns pictures into embeddings whose cosine says how alike they are: in style, in content, or in both. Implement it to bring an encoder of your own.
/// </summary>
public interface IImageEncoder : IDisposable
{
    /// <summary>What it is, for reports (for example "CSD ViT-L/14").</summary>
    string Name { get; }

    /// <summary>Length of an embedding.</summary>
    int Width { get; }

    /// <summary>Encodes pictures. The encoder resizes and normalises them itself.</summary>
    /// <param name="pictures">N × 3 × H × W, RGB in [−1, 1], fp32.</param>
    /// <returns>N × <see cref="Width"/> unit vectors, fp32.</returns>
    torch.Tensor Encode(torch.Tensor pictures);
}
