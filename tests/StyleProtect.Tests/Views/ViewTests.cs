using CsCheck;
using StyleProtect.Kernels;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime.Views;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Views;

public sealed class ViewTests
{
    private static readonly Gen<(int Width, int Height, PixelRectangle Part)> s_part =
        from width in Gen.Int[1, 50]
        from height in Gen.Int[1, 50]
        from x in Gen.Int[0, width - 1]
        from y in Gen.Int[0, height - 1]
        from w in Gen.Int[1, width - x]
        from h in Gen.Int[1, height - y]
        select (width, height, new PixelRectangle(x, y, w, h));

    /// <summary>⟨M·x, y⟩ = ⟨x, Mᵀ·y⟩: the gradient that reaches the picture is the exact one of the resize.</summary>
    [Fact]
    public void Transposed_is_adjoint() =>
        Gen.Select(s_part, Gen.Int[1, 40], Gen.Int[1, 40], Gen.Enum<ResamplingFilter>(), Gen.Int[0, 1 << 20]).Sample((picture, width, height, filter, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            using var view = new Crop(picture.Part, height, width, filter, CPU);
            var x = randn([3, picture.Height, picture.Width], generator: generator);
            var y = randn([3, height, width], generator: generator);
            var gradient = zeros_like(x);
            view.AddAdjoint(y, gradient);
            var left = (view.Apply(x).to(float64) * y).sum().item<double>();
            var right = (x.to(float64) * gradient).sum().item<double>();
            Assert.Equal(left, right, 1e-4 * (1 + (x.norm() * y.norm()).item<float>()));
            // Nothing reaches pixels outside of the part.
            gradient.narrow(1, picture.Part.Y, picture.Part.Height).narrow(2, picture.Part.X, picture.Part.Width).zero_();
            Assert.Equal(0, gradient.abs().sum().item<float>());
        }, iter: 200);

    [Fact]
    public void Gradients_of_several_views_add_up()
    {
        using var scope = NewDisposeScope();
        using var a = new Crop(new PixelRectangle(0, 0, 8, 8), 4, 4, ResamplingFilter.Box, CPU);
        using var b = new Crop(new PixelRectangle(4, 4, 8, 8), 4, 4, ResamplingFilter.Box, CPU);
        var gradient = zeros(3, 12, 12);
        a.AddAdjoint(ones(3, 4, 4), gradient);
        b.AddAdjoint(ones(3, 4, 4), gradient);
        Assert.Equal(0.25f, gradient[0, 0, 0].item<float>(), 1e-6);
        Assert.Equal(0.5f, gradient[0, 5, 5].item<float>(), 1e-6);
        Assert.Equal(0f, gradient[0, 0, 11].item<float>());
    }

    [Fact]
    public void A_view_of_a_constant_picture_is_constant() =>
        Gen.Select(s_part, Gen.Int[1, 40], Gen.Enum<ResamplingFilter>()).Sample((picture, size, filter) =>
        {
            using var scope = NewDisposeScope();
            using var view = new Crop(picture.Part, size, size, filter, CPU);
            var seen = view.Apply(TensorMath.Full([3, picture.Height, picture.Width], 0.7f));
            Assert.Equal([3, size, size], seen.shape);
            Assert.True(seen.Sub(0.7f).abs().max().item<float>() < 1e-5);
        }, iter: 100);

    [Fact]
    public void Crops_are_squares_inside_of_any_picture() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Int[1, 5000], Gen.Int[1, 1024], Gen.Int[0, 4], Gen.Int[0, 1 << 20]).Sample((width, height, size, crops, seed) =>
        {
            var sampler = new WholeAndCrops(size, crops);
            var views = sampler.Sample(width, height, new Random(seed));
            Assert.Equal(1 + crops, views.Count);
            var largest = Math.Min(width, height);
            Assert.Equal(largest, views[0].Part.Width);
            foreach (var (v, viewHeight, viewWidth) in views)
            {
                Assert.Equal((size, size), (viewHeight, viewWidth));
                Assert.Equal(v.Width, v.Height);
                Assert.InRange(v.Width, Math.Min(size, largest), largest);
                Assert.InRange(v.X, 0, width - v.Width);
                Assert.InRange(v.Y, 0, height - v.Height);
            }
        }, iter: 2000);

    [Fact]
    public void Crops_reach_both_scales_and_every_corner()
    {
        var sampler = new WholeAndCrops(32, 1);
        var random = new Random(1);
        var parts = Enumerable.Range(0, 4000).SelectMany(_ => sampler.Sample(300, 128, random)).Select(v => v.Part).ToArray();
        Assert.Contains(parts, p => p.Width == 32);
        Assert.Contains(parts.Where((_, i) => i % 2 == 1), p => p.Width >= 127);
        // Each doubling of the scale is seen equally often: half of the crops lie below 64 of 32 to 128.
        Assert.InRange(parts.Where((_, i) => i % 2 == 1).Count(p => p.Width < 64), 1800, 2200);
        Assert.Contains(parts, p => p is { X: 0 });
        Assert.Contains(parts, p => p.X + p.Width == 300);
        Assert.Contains(parts, p => p.Y + p.Height == 128 && p.Width < 128);
    }

    [Fact]
    public void The_reference_sampler_shows_the_whole_picture()
    {
        var sampler = new SquashedPicture(64);
        Assert.Equal([new ViewRegion(new PixelRectangle(0, 0, 90, 64), 64, 64)], sampler.Sample(90, 64, new Random(1)));
    }
}
