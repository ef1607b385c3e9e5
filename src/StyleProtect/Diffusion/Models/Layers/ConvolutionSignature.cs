namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>What decides which convolution kernel the processor's library takes.</summary>
internal readonly record struct ConvolutionSignature(int InChannels, int OutChannels, int KernelSize, int Stride, int Padding)
{
    public override string ToString() => $"{InChannels}→{OutChannels} {KernelSize}×{KernelSize} stride {Stride} padding {Padding}";
}
