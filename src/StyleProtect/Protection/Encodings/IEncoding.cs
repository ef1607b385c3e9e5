using static TorchSharp.torch;

namespace StyleProtect.Protection.Encodings;

/// <summary>Pictures on their way to latents, and the way back for a gradient.</summary>
internal interface IEncoding : IDisposable
{
    /// <summary>Moments of the latents [N, 2C, h, w], fp32, without a graph.</summary>
    Tensor Moments { get; }

    /// <summary>The encoder's vector-Jacobian product: from the moments' gradient to the pictures', fp32. It can be taken once.</summary>
    Tensor Pull(Tensor gradient, CancellationToken cancellationToken = default);
}
