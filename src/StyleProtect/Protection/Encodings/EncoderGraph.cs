namespace StyleProtect.Protection.Encodings;

/// <summary>What the autoencoder's encoder keeps for the way back to the pictures.</summary>
internal enum EncoderGraph
{
    /// <summary>Everything: one pass forward, the most memory.</summary>
    Kept,

    /// <summary>What enters each level; a level is computed again when its turn comes.</summary>
    Levels,

    /// <summary>What enters each residual block and each halving.</summary>
    Blocks,
}
