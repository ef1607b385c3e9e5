namespace StyleProtect.Cli.Doctor;

/// <summary>How exact libtorch computes one kind of convolution on this processor.</summary>
/// <param name="Signature">Which convolution.</param>
/// <param name="Type">Element type.</param>
/// <param name="Error">Largest relative error of output and gradients against float64.</param>
/// <param name="Allowed">What rounding explains.</param>
internal sealed record ConvolutionResult(string Signature, string Type, double Error, double Allowed)
{
    internal bool IsRight => Error <= Allowed;
}
