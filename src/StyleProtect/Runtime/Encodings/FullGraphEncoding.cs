using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Encodings;

/// <summary>An encoding that keeps its graph.</summary>
internal sealed class FullGraphEncoding : IEncoding
{
    private readonly Tensor _pictures, _encoded;

    internal FullGraphEncoding(LatentAutoencoder autoencoder, Tensor pictures)
    {
        _pictures = pictures.detach().requires_grad_(true);
        _encoded = autoencoder.Moments(_pictures);
        Moments = _encoded.detach();
    }

    public Tensor Moments { get; }

    public Tensor VectorJacobianProduct(Tensor gradient, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        // Σ moments·g has the gradient g: backward() with a vector is not guarded against native exceptions.
        (_encoded * gradient).sum().backward();
        BackwardFaults.ThrowIfAny();
        return _pictures.grad!.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Moments.Dispose();
        _encoded.Dispose();
        _pictures.Dispose();
    }
}
