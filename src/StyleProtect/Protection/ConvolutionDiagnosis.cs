namespace StyleProtect.Protection;

/// <summary>How exactly libtorch computes one kind of convolution on this processor.</summary>
/// <param name="Signature">Which convolution ("32→64 3×3 stride 1 padding 1").</param>
/// <param name="Type">Element type ("Float32", "BFloat16").</param>
/// <param name="Error">Largest relative L2 error of output, input gradient and weight gradient against float64; infinite when something is not a number.</param>
/// <param name="Allowed">The error that rounding explains.</param>
public sealed record ConvolutionDiagnosis(string Signature, string Type, double Error, double Allowed)
{
    /// <summary>Whether the error is explained by rounding.</summary>
    public bool IsRight => Error <= Allowed;
}
