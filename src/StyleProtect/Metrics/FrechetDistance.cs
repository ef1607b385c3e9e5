using System.Numerics.Tensors;
using StyleProtect.Native;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace StyleProtect.Metrics;

/// <summary>
/// Fréchet distance of two sets of features as if they were Gaussian: |μa − μb|² + tr(Ca + Cb − 2·√(Ca·Cb)), covariances with n − 1 (Heusel et al. 2017). It is
/// a FID only
/// with features of that paper's Inception network; from few pictures (fewer than features) it is far too noisy to compare across papers.
/// </summary>
public static class FrechetDistance
{
    /// <summary>Distance of two sets.</summary>
    /// <param name="a">[N, width], row by row; at least two rows.</param>
    /// <param name="b">[M, width].</param>
    /// <param name="width">Features a picture.</param>
    /// <returns>From 0 (same mean and covariance) up, in squared units of the features.</returns>
    /// <exception cref="ArgumentException">A set has no whole rows or fewer than two.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width) => Compute(FeatureSet.Widen(a), FeatureSet.Widen(b), width);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{float}, int)"/>
    public static double Compute(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int width)
    {
        TorchRuntime.EnsureLoaded();
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var (meanA, factorA, traceA) = Moments(a, width, nameof(a));
        var (meanB, factorB, traceB) = Moments(b, width, nameof(b));
        TensorPrimitives.Subtract<double>(meanA, meanB, meanA);
        // With Ca = AᵀA and Cb = BᵀB the roots of the eigenvalues of Ca·Cb are the singular values of A·Bᵀ: no matrix root, and exact for few pictures too.
        var root = linalg.svdvals(matmul(factorA, factorB.t())).sum().item<double>();
        return Math.Max(0, TensorPrimitives.SumOfSquares<double>(meanA) + traceA + traceB - (2 * root));
    }

    /// <summary>Mean, a factor F of the covariance FᵀF with at most <paramref name="width"/> rows, and the covariance's trace.</summary>
    private static (double[] Mean, Tensor Factor, double Trace) Moments(ReadOnlySpan<double> features, int width, string name)
    {
        var count = FeatureSet.Count(features.Length, width, name);
        var mean = new double[width];
        for (var i = 0; i < count; i++) TensorPrimitives.Add<double>(mean, features.Slice(i * width, width), mean);
        TensorPrimitives.Divide<double>(mean, count, mean);
        var centred = features.ToArray();
        for (var i = 0; i < count; i++)
        {
            var row = centred.AsSpan(i * width, width);
            TensorPrimitives.Subtract<double>(row, mean, row);
            TensorPrimitives.Divide<double>(row, Math.Sqrt(count - 1), row);
        }

        var factor = tensor(centred, [count, width]);
        return (mean, count > width ? linalg.qr(factor, linalg.QRMode.R).R : factor, TensorPrimitives.SumOfSquares<double>(centred));
    }
}
