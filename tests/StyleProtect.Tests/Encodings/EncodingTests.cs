using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Runtime.Encodings;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Encodings;

/// <summary>Every way to encode gives the latents of one pass and the gradient of one backward pass; tiles nearly.</summary>
public sealed class EncodingTests : IDisposable
{
    private readonly LatentDiffusionModel _model = RandomModel.Create(ModelShape.Tiny, ScalarType.Float32, CPU);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("Full")]
    [InlineData("CheckpointLevels")]
    [InlineData("CheckpointBlocks")]
    public void A_gradient_through_segments_is_the_plain_one(string graph)
    {
        using var scope = NewDisposeScope();
        var pictures = Pictures(2, 64);
        var (moments, expected, cotangent) = Plain(pictures);
        using var encoding = new StepPartition(2, Enum.Parse<EncoderGraph>(graph), null).Encode(_model.Autoencoder, pictures, Cancel);
        Assert.False(encoding.Moments.requires_grad);
        Assert.True(Relative(moments, encoding.Moments) < 1e-6);
        Assert.True(Relative(expected, encoding.VectorJacobianProduct(cotangent, Cancel)) < 1e-5);
    }

    [Theory]
    [InlineData("Full")]
    [InlineData("CheckpointLevels")]
    public void Tiles_are_near_the_whole_and_their_gradient_is_that_of_what_they_compute(string graph)
    {
        using var scope = NewDisposeScope();
        var pictures = Pictures(1, 384);
        var (moments, expected, cotangent) = Plain(pictures);
        using var encoding = new StepPartition(1, Enum.Parse<EncoderGraph>(graph), 256).Encode(_model.Autoencoder, pictures, Cancel);
        Assert.IsType<TiledEncoding>(encoding);
        var gradient = encoding.VectorJacobianProduct(cotangent, Cancel);
        Assert.InRange(Relative(moments, encoding.Moments), 1e-7, 0.2);
        Assert.InRange(Cosine(expected, gradient), 0.9, 1);
        // Against differences: along its own direction the tiled form changes by the gradient's length.
        var direction = gradient / gradient.norm();
        var step = direction.Mul(0.5);
        using var ahead = new StepPartition(1, Enum.Parse<EncoderGraph>(graph), 256).Encode(_model.Autoencoder, pictures.Add(step), Cancel);
        using var behind = new StepPartition(1, Enum.Parse<EncoderGraph>(graph), 256).Encode(_model.Autoencoder, pictures - step, Cancel);
        var change = ((ahead.Moments - behind.Moments) * cotangent).sum().item<float>();
        Assert.Equal(gradient.norm().item<float>(), change, 0.02 * change);
    }

    [Fact]
    public void A_view_no_larger_than_a_tile_is_not_cut()
    {
        using var scope = NewDisposeScope();
        using var encoding = new StepPartition(1, EncoderGraph.Full, 256).Encode(_model.Autoencoder, Pictures(1, 64), Cancel);
        Assert.IsType<FullGraphEncoding>(encoding);
    }

    [Theory]
    [InlineData("CheckpointBlocks", null)]
    [InlineData("Full", 256)]
    public void Cancellation_is_looked_at_between_segments_and_tiles(string graph, int? tile)
    {
        using var scope = NewDisposeScope();
        using var source = new CancellationTokenSource();
        using var encoding = new StepPartition(1, Enum.Parse<EncoderGraph>(graph), tile).Encode(_model.Autoencoder, Pictures(1, 384), source.Token);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => encoding.VectorJacobianProduct(zeros_like(encoding.Moments), source.Token));
        Assert.Throws<OperationCanceledException>(() => new StepPartition(1, Enum.Parse<EncoderGraph>(graph), tile)
            .Encode(_model.Autoencoder, Pictures(1, 384), source.Token));
    }

    private static Tensor Pictures(int count, int side)
    {
        using var generator = new Generator(5);
        using var small = rand([count, 3, side / 8, side / 8], generator: generator);
        // Smooth, as pictures are.
        return nn.functional.interpolate(small.Mul(2).Sub(1), [side, side], mode: InterpolationMode.Bilinear, align_corners: false);
    }

    private (Tensor Moments, Tensor Gradient, Tensor Cotangent) Plain(Tensor pictures)
    {
        using var generator = new Generator(6);
        var leaf = pictures.detach().requires_grad_(true);
        var moments = _model.Moments(leaf);
        var cotangent = randn(moments.shape, generator: generator);
        (moments * cotangent).sum().backward();
        return (moments.detach(), leaf.grad!, cotangent);
    }

    private static double Relative(Tensor expected, Tensor actual) => ((expected - actual).norm() / expected.norm()).item<float>();

    private static double Cosine(Tensor a, Tensor b) => ((a * b).sum() / (a.norm() * b.norm())).item<float>();
}
