namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Element types of the safetensors format that are recognised and not read: 8-bit and smaller floating point, unsigned and complex numbers.</summary>
internal static class Quantisation
{
    /// <summary>Bits of an element; null for a name that the format does not have.</summary>
    internal static int? BitsOf(string dtype) => dtype switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "U16" => 16,
        "U32" => 32,
        "U64" or "C64" => 64,
        _ => null,
    };

    /// <summary>Whether weights of this type were rounded to few bits, and a file with the original ones may exist.</summary>
    internal static bool IsQuantised(string dtype) => dtype is ['F', '4' or '6' or '8', ..] or "F4";

    internal static SafetensorsException Refusal(string path, SafetensorsEntry entry) => new(
        $"{path}: the tensor '{SafetensorsHeader.Shown(entry.Name)}' is {Words(entry.StoredType)}");

    /// <summary>The end of a sentence about weights of this type: what they are and what to do.</summary>
    internal static string Words(string dtype) => IsQuantised(dtype)
        ? $"quantised to fp{dtype[1]} ({dtype}), which is not read: gradients need the weights as they were trained. Use the fp16 (or bf16, fp32) file of " +
            "the same model."
        : $"stored as {dtype}, which is not read. Use a file with fp16, bf16 or fp32 weights.";
}
