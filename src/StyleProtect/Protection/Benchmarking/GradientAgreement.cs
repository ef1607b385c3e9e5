using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>How far a gradient points where another does.</summary>
/// <param name="Cosine">Cosine of the angle between them.</param>
/// <param name="EqualSigns">Share of samples with the same sign, which is what a sign step uses.</param>
internal sealed record GradientAgreement(double Cosine, double EqualSigns)
{
    /// <summary>Compares and disposes both.</summary>
    internal static GradientAgreement Between(Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        Tensor a = left.to(float64), b = right.to(float64);
        left.Dispose();
        right.Dispose();
        return new GradientAgreement(((a * b).sum() / (a.norm() * b.norm())).item<double>(), a.sign().eq(b.sign()).to(float64).mean().item<double>());
    }
}
