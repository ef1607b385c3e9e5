using static TorchSharp.torch;

namespace StyleProtect.Runtime.Encodings;

/// <summary>Pictures on their way to latents, and the way back for a gradient.</summary>
internal interface IEncoding : IDisposable
{
    /// <summary>Moments of the latents [N, 2C, h, w], fp32, without a graph.</summary>
    Tensor Moments { get; }

    /// <summary>The encoder's vector-Jacobian product: from the moments' gradient to the pictures', fp32. It can be taken once.</summary>
    Tensor VectorJacobianProduct(Tensor gradient, CancellationToken cancellationToken = default);
}

/// <summary>What the autoencoder's encoder keeps for the way back to the pictures.</summary>
internal enum EncoderGraph
{
    /// <summary>Everything: one pass forward, the most memory.</summary>
    Full,

    /// <summary>What enters each level; a level is computed again when its turn comes.</summary>
    CheckpointLevels,

    /// <summary>What enters each residual block and each halving.</summary>
    CheckpointBlocks,
}
