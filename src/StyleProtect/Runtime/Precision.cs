namespace StyleProtect.Runtime;

/// <summary>Arithmetic of the frozen weights. Image, perturbation, loss and trained weights are always fp32.</summary>
public enum Precision
{
    /// <summary>bf16 where the processor or the GPU computes it faster, else fp32. The result says which was taken.</summary>
    Auto,

    /// <summary>fp32 everywhere, as the golden values were made.</summary>
    Float32,

    /// <summary>bf16 frozen weights; an error where the machine has no fast bf16.</summary>
    BFloat16,
}
