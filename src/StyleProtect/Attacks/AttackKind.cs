namespace StyleProtect.Attacks;

/// <summary>How the mimic fine-tunes the model.</summary>
public enum AttackKind
{
    /// <summary>All weights of the U-Net, and of the text encoder if asked (Ruiz et al. 2023).</summary>
    DreamBooth,

    /// <summary>Only K and V of the cross-attention layers (Kumari et al. 2023).</summary>
    CustomDiffusion,

    /// <summary>No training: what the model paints before it has seen the pictures. The baseline of every comparison.</summary>
    None,

    /// <summary>Low-rank additions to the attention projections of the U-Net, and of the text encoder if asked (Hu et al. 2021).</summary>
    LoRA,

    /// <summary>Only the embedding of one word (Gal et al. 2023).</summary>
    TextualInversion,
}
