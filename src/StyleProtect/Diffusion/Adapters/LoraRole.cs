namespace StyleProtect.Diffusion.Adapters;

/// <summary>What a tensor of a LoRA file is to its layer.</summary>
internal enum LoraRole
{
    /// <summary>The matrix down: peft's lora_A.</summary>
    Down,

    /// <summary>The matrix up: peft's lora_B.</summary>
    Up,

    /// <summary>The kernel between them where a convolution is taken apart (LoCon with Tucker's decomposition).</summary>
    Mid,

    /// <summary>α, one number.</summary>
    Alpha,

    /// <summary>DoRA's lengths of the rows of the weight, as peft stores them.</summary>
    Magnitude,

    /// <summary>DoRA's lengths as LyCORIS stores them: of rows or of columns.</summary>
    DoraScale,

    /// <summary>LoHa: the first product's matrices, and the second one's.</summary>
    HadaW1A,
    HadaW1B,
    HadaW2A,
    HadaW2B,

    /// <summary>LoHa: the kernels of both products where a convolution is taken apart.</summary>
    HadaT1,
    HadaT2,

    /// <summary>LoKr: the factors of the Kronecker product, each whole or as a product.</summary>
    LokrW1,
    LokrW1A,
    LokrW1B,
    LokrW2,
    LokrW2A,
    LokrW2B,

    /// <summary>LoKr: the second factor's kernel where a convolution is taken apart.</summary>
    LokrT2,

    /// <summary>The whole difference of the weight, and of the bias.</summary>
    Diff,
    DiffBias,
}
