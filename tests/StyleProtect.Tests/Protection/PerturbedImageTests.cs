using CsCheck;
using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Runtime.Views;
using StyleProtect.Tests.Artworks;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>The budget on the samples as written, whatever the steps did.</summary>
public sealed class PerturbedImageTests
{
    private static readonly Gen<double> s_epsilon = Gen.OneOf(
        Gen.Double[0.001, 64], Gen.Double[0.001, 1.1], Gen.OneOf(Gen.Const(12.75), Gen.Const(1.0), Gen.Const(0.5), Gen.Const(1 / 257.0), Gen.Const(0.999),
            Gen.Const(64.0), Gen.Const(6.375)), Gen.Int[1, 64].Select(i => (double)i));

    [Fact]
    public void Epsilon_holds_on_every_written_sample() =>
        Gen.Select(TestPictures.Any([8, 16]), s_epsilon, Gen.Double[0.05, 3], Gen.Int[0, 1 << 20], Gen.Bool)
            .Sample((picture, epsilon, relativeStep, seed, noise) => Check(picture, epsilon, relativeStep, seed, noise), iter: 300);

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void The_budget_is_used_up_to_the_last_step_of_the_grid(int bitDepth)
    {
        var grey = new ushort[3 * 32 * 32];
        Array.Fill(grey, (ushort)(bitDepth == 8 ? 128 : 128 * 257));
        var picture = new Artwork(32, 32, bitDepth, grey, null, ArtworkMetadata.None, null);
        var written = Optimised(picture, epsilon: 12.75, stepSize: 1, steps: 20, seed: 1);
        var reached = bitDepth == 8 ? 12 : (int)(12.75 * 257);
        foreach (var (before, after) in grey.Zip(written.Rgb.ToArray())) Assert.Equal(reached, Math.Abs(after - before));
    }

    [Fact]
    public void Nothing_done_writes_the_same_samples() =>
        TestPictures.Any([8, 16]).Sample(picture =>
        {
            using var image = new PerturbedImage(picture, CPU, 8);
            Assert.True(Differences.Same(picture, image.Compose()));
        }, iter: 100);

    [Fact]
    public void Reference_rounding_is_the_official_scripts() =>
        Gen.Select(TestPictures.Any([8], withAlpha: false), s_epsilon, Gen.Int[0, 1 << 20]).Sample((picture, epsilon, seed) =>
        {
            using var scope = NewDisposeScope();
            using var image = new PerturbedImage(picture, CPU, epsilon);
            using var generator = new Generator((ulong)seed);
            image.Randomize(generator);
            // The script: ((x * 127.5) + 128).clamp(0, 255).to(uint8).
            var official = image.Seen().Mul(127.5).Add(128).Clamp(0, 255).to(uint8).permute(1, 2, 0).contiguous().data<byte>().ToArray();
            var written = image.ComposeAsScript().Rgb;
            var different = 0;
            for (var i = 0; i < official.Length; i++)
            {
                Assert.InRange(written[i] - official[i], -1, 1);
                if (written[i] != official[i]) different++;
            }

            // The two sums round differently in fp32 only where a value lies on the border between two.
            Assert.InRange(different, 0, 1 + official.Length / 1000);
        }, iter: 100);

    [Fact]
    public void The_model_sees_transparent_parts_over_white()
    {
        using var scope = NewDisposeScope();
        var picture = new Artwork(2, 1, 8, [0, 100, 255, 0, 100, 255], [0, 51], ArtworkMetadata.None, null);
        using var image = new PerturbedImage(picture, CPU, 8);
        var seen = image.Seen().Add(1).Mul(127.5).data<float>().ToArray();
        // Alpha 51 of 255 is a fifth: v/5 + 255·4/5.
        float[] expected = [255, 204, 255, 224, 255, 255];
        for (var i = 0; i < 6; i++) Assert.Equal(expected[i], seen[i], 1e-3);
    }

    /// <summary>The model sees what is written, whatever a parametrisation of one's own gives.</summary>
    [Fact]
    public void A_parametrisation_that_leaves_the_budget_is_held_within_it()
    {
        using var scope = NewDisposeScope();
        var picture = TestPictures.Random(16, 12, 8, false, 1);
        var method = new ProtectionMethod
        {
            Name = "far",
            Description = "",
            Source = "",
            Objective = null,
            Usual = new(),
            Parametrisation = new Far(),
        };
        using var image = new PerturbedImage(picture, CPU, 8, method);
        using var whole = new Crop(new(0, 0, 16, 12), 12, 16, ResamplingFilter.Bicubic, CPU);
        for (var i = 0; i < 2; i++)
        {
            Assert.InRange((image.Seen() - image.SeenOriginal()).abs().max().item<float>() * 127.5, 1, 8.001);
            Assert.InRange(Differences.Largest(picture, image.Compose()), 1, 8);
            Assert.InRange(Differences.Largest(picture, image.ComposeAsScript()), 1, 8);
            image.AccumulateGradient(whole, ones(3, 12, 16));
            image.Step(FusedKernels.Managed, 1);
        }
    }

    /// <summary>Parameters that shift the image by far more than ε.</summary>
    private sealed class Far : IParametrisation
    {
        public Tensor Start(Tensor original, double epsilon) => TensorMath.FullLike(original, 0.5);

        public Tensor Image(Tensor parameters, Tensor original, double epsilon) => original.Add(parameters);

        public void Project(Tensor parameters, Tensor original, double epsilon)
        {
        }
    }

    private static void Check(Artwork picture, double epsilon, double relativeStep, int seed, bool noise)
    {
        using var scope = NewDisposeScope();
        var written = noise ? Noisy(picture, epsilon, seed) : Optimised(picture, epsilon, epsilon * relativeStep, steps: 3, seed);
        var largest = Differences.Largest(picture, written);
        Assert.True(largest <= epsilon + 1e-6, $"ε {epsilon}: {largest} in {picture.BitDepth} bits");
        Assert.True(written.Alpha.SequenceEqual(picture.Alpha));
        for (var i = 0; i < picture.Alpha.Length; i++)
            if (picture.Alpha[i] == 0) Assert.True(picture.Rgb.Slice(3 * i, 3).SequenceEqual(written.Rgb.Slice(3 * i, 3)));
    }

    private static Artwork Noisy(Artwork picture, double epsilon, int seed)
    {
        using var image = new PerturbedImage(picture, CPU, epsilon);
        using var generator = new Generator((ulong)seed);
        image.Randomize(generator);
        return image.Compose();
    }

    private static Artwork Optimised(Artwork picture, double epsilon, double stepSize, int steps, int seed)
    {
        using var scope = NewDisposeScope();
        using var image = new PerturbedImage(picture, CPU, epsilon);
        using var generator = new Generator((ulong)seed);
        using var whole = new Crop(new(0, 0, picture.Width, picture.Height), picture.Height, picture.Width, ResamplingFilter.Bicubic, CPU);
        var gradient = randn([3, picture.Height, picture.Width], generator: generator);
        for (var i = 0; i < steps; i++)
        {
            image.AccumulateGradient(whole, gradient);
            image.Step(FusedKernels.Managed, stepSize);
        }

        return image.Compose();
    }
}
