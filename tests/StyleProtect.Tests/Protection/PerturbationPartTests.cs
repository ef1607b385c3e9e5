using CsCheck;
using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Runtime.Views;
using StyleProtect.Tests.Artworks;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>Parametrisations, update rules and budget maps: the written samples stay within the budget whatever they do.</summary>
public sealed class PerturbationPartTests(TwoLevelProtector tiny) : IClassFixture<TwoLevelProtector>
{
    private static readonly Gen<double> s_epsilon = Gen.OneOf(Gen.Double[1, 64],
        Gen.OneOf(Gen.Const(12.75), Gen.Const(1.0), Gen.Const(6.375), Gen.Const(64.0)));
    private static readonly Func<ObjectiveInput, Tensor> s_objective = i => i.Latents.Square().mean();

    public static TheoryData<string> Parts => ["half", "tanh", "pixels", "l2", "adam"];

    private static TestMethod Method(string part, IBudgetMap? map = null) => part switch
    {
        "half" => new(s_objective) { Parametrisation = Parametrisations.HalfResolution, BudgetMap = map },
        "tanh" => new(s_objective) { Parametrisation = Parametrisations.Tanh, BudgetMap = map },
        // Starts from the very tensor that it is given, and leaves every projection to the engine.
        "pixels" => new(s_objective) { Parametrisation = new TestParametrisation(o => o, p => p), BudgetMap = map },
        "l2" => new(s_objective) { UpdateRule = UpdateRules.L2, BudgetMap = map },
        "adam" => new(s_objective) { UpdateRule = UpdateRules.Adam(), BudgetMap = map },
        _ => new(s_objective) { BudgetMap = map },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void Epsilon_holds_on_every_written_sample(string part) =>
        Gen.Select(TestPictures.Any([8, 16]), s_epsilon, Gen.Double[0.1, 3], Gen.Int[0, 1 << 20]).Sample((picture, epsilon, relativeStep, seed) =>
        {
            var written = Optimised(picture, Method(part), epsilon, epsilon * relativeStep, 3, seed);
            var largest = Differences.Largest(picture, written);
            Assert.True(largest <= epsilon + 1e-6, $"{part}, ε {epsilon}: {largest} in {picture.BitDepth} bits");
            Assert.True(written.Alpha.SequenceEqual(picture.Alpha));
            for (var i = 0; i < picture.Alpha.Length; i++)
                if (picture.Alpha[i] == 0) Assert.True(picture.Rgb.Slice(3 * i, 3).SequenceEqual(written.Rgb.Slice(3 * i, 3)));
        }, iter: 60);

    [Theory]
    [MemberData(nameof(Parts))]
    public void The_picture_moves(string part)
    {
        foreach (var (width, height) in (ReadOnlySpan<(int, int)>)[(32, 32), (33, 45), (1, 1), (7, 1)])
        {
            var grey = new Artwork(width, height, 8, [.. Enumerable.Repeat((ushort)128, 3 * width * height)], null, ArtworkMetadata.None, null);
            Assert.InRange(Differences.Largest(grey, Optimised(grey, Method(part), 8, 2, 12, seed: 1)), 3, 8);
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task The_same_seed_gives_the_same_bytes_within_epsilon(string part)
    {
        var picture = TestPictures.Random(45, 33, 8, true, 3);
        var options = TinyProtector.Options with
        {
            Method = new TestMethod(s_objective, part)
            {
                Parametrisation = Method(part).Parametrisation,
                UpdateRule = Method(part).UpdateRule,
                Views = null
            },
            Steps = 4,
            StepSize = 4,
            LossSamples = 1
        };
        var first = (await tiny.Protect(options, picture)).Artworks[0].Artwork;
        Assert.InRange(Differences.Largest(picture, first), 1, 8);
        Assert.True(Differences.Same(first, (await tiny.Protect(options, picture)).Artworks[0].Artwork));
    }

    [Theory]
    [InlineData("sign")]
    [InlineData("half")]
    [InlineData("tanh")]
    [InlineData("pixels")]
    [InlineData("l2")]
    [InlineData("adam")]
    [InlineData("random")]
    public void No_sample_goes_beyond_its_share_of_epsilon(string part) =>
        Gen.Select(TestPictures.Any([8, 16]), s_epsilon, Gen.Bool, Gen.Int[0, 1 << 20]).Sample((picture, epsilon, ofChannels, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed);
            // A third of the pixels may not change at all.
            var values = rand([ofChannels ? 3 : 1, picture.Height, picture.Width], generator: generator);
            values = values * values.Gt(1.0 / 3).to(float32);
            var written = Optimised(picture, Method(part, new TestMap(_ => values)), epsilon, epsilon, 3, seed, part == "random");
            var map = values.expand(3, picture.Height, picture.Width).permute(1, 2, 0).contiguous().data<float>().ToArray();
            var grid = picture.BitDepth == 16 ? 257 : 1;
            for (var i = 0; i < map.Length; i++)
            {
                var change = Math.Abs(written.Rgb[i] - picture.Rgb[i]);
                Assert.True(change <= (epsilon * map[i] * grid) + 0.01,
                    $"{part}: {change} steps at a share of {map[i]} of ε = {epsilon} in {picture.BitDepth} bits");
                if (map[i] == 0) Assert.Equal(0, change);
            }
        }, iter: 60);

    [Theory]
    [InlineData("null", "is null")]
    [InlineData("shape", "the picture needs [1 or 3, 33, 45]")]
    [InlineData("flat", "has the shape [33, 45]")]
    [InlineData("above", "has values from 0 to 1.5; each must be 0 to 1")]
    [InlineData("below", "has values from -0.5 to 1")]
    [InlineData("nan", "each must be 0 to 1")]
    [InlineData("throws", "failed: planted")]
    public async Task A_map_that_cannot_be_one_is_refused_by_name(string fault, string expected)
    {
        var map = new TestMap(o => fault switch
        {
            "null" => null!,
            "shape" => ones(3, 45, 33),
            "flat" => ones(33, 45),
            "above" => Edge(1.5f),
            "below" => Edge(-0.5f),
            "nan" => Edge(float.NaN),
            _ => throw new FormatException("planted"),
        });
        var e = await Assert.ThrowsAsync<ProtectionException>(
            () => tiny.Protect(TinyProtector.Options with { Method = Method("sign", map), LossSamples = 1 }, TestPictures.Random(45, 33, 8, false, 1)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("'own-test'", e.Message, StringComparison.Ordinal);

        static Tensor Edge(float value)
        {
            var map = value < 0 ? ones(1, 33, 45) : zeros(1, 33, 45);
            map[0, 4, 5] = tensor(value);
            return map;
        }
    }

    [Fact]
    public void An_l2_step_is_as_long_as_a_sign_step_in_the_mean_square()
    {
        using var scope = NewDisposeScope();
        Tensor parameters = tensor(new[] { 1f, -1f }), gradient = tensor(new[] { 3f, -4f });
        using var update = UpdateRules.L2.Begin(parameters);
        update.Ascend(parameters, gradient, 0.1);
        // 0.1 · √2 · (3, −4) / 5
        Assert.Equal(1.08485, parameters[0].item<float>(), 1e-5);
        Assert.Equal(-1.11314, parameters[1].item<float>(), 1e-5);
        update.Ascend(parameters, zeros(2), 0.1);
        Assert.Equal(1.08485, parameters[0].item<float>(), 1e-5);
        Assert.Equal([3f, -4f], gradient.data<float>().ToArray());
    }

    [Fact]
    public void Sign_steps_have_one_length()
    {
        using var scope = NewDisposeScope();
        Tensor parameters = tensor(new[] { 1f, 2f, 3f }), gradient = tensor(new[] { 3f, -1e-9f, 0f });
        using var update = UpdateRules.Sign.Begin(parameters);
        update.Ascend(parameters, gradient, 0.5);
        Assert.Equal([1.5f, 1.5f, 3f], parameters.data<float>().ToArray());
    }

    [Fact]
    public void Adam_takes_the_papers_steps_uphill()
    {
        using var scope = NewDisposeScope();
        var parameters = zeros(2);
        using var update = UpdateRules.Adam().Begin(parameters);
        update.Ascend(parameters, tensor(new[] { 2f, -0.5f }), 0.1);
        // The first step is the gradient's sign.
        Assert.Equal(0.1, parameters[0].item<float>(), 1e-6);
        Assert.Equal(-0.1, parameters[1].item<float>(), 1e-6);
        update.Ascend(parameters, tensor(new[] { 1f, 1f }), 0.1);
        // m̂ = (0.18 + 0.1) / 0.19, v̂ = (0.003996 + 0.001) / 0.001999: m̂ / √v̂ = 1.473684 / 1.580902.
        Assert.Equal(0.1 + 0.0932179, parameters[0].item<float>(), 1e-5);
        // m̂ = (−0.045 + 0.1) / 0.19, v̂ = (0.00024975 + 0.001) / 0.001999: 0.289474 / 0.790688.
        Assert.Equal(-0.1 + 0.0366104, parameters[1].item<float>(), 1e-5);
        // Another image has moments of its own.
        using var other = UpdateRules.Adam().Begin(parameters);
        var fresh = zeros(2);
        other.Ascend(fresh, tensor(new[] { 1f, 1f }), 0.1);
        Assert.Equal(0.1, fresh[0].item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(1.0, 0.9)]
    [InlineData(-0.1, 0.9)]
    [InlineData(0.9, double.NaN)]
    public void Adams_decays_are_shares(double beta1, double beta2) => Assert.Throws<ArgumentOutOfRangeException>(() => UpdateRules.Adam(beta1, beta2));

    /// <summary>What the model sees is what will be written: in the official script's mode nothing else keeps ε.</summary>
    [Fact]
    public async Task A_parametrisation_without_projection_keeps_epsilon_in_the_scripts_mode()
    {
        var picture = TestPictures.Random(32, 32, 8, false, 3);
        var method = Method("pixels");
        var result = await tiny.Protect(TinyProtector.Options with { Method = method, Steps = 4, StepSize = 16, OfficialScript = true, LossSamples = 1 },
            picture);
        Assert.InRange(Differences.Largest(picture, result.Artworks[0].Artwork), 1, 8);
    }

    private static Artwork Optimised(Artwork picture, ProtectionMethod method, double epsilon, double stepSize, int steps, int seed, bool noise = false)
    {
        using var scope = NewDisposeScope();
        using var image = new PerturbedImage(picture, CPU, epsilon, method);
        using var generator = new Generator((ulong)seed);
        if (noise)
        {
            image.Randomize(generator);
            return image.Compose();
        }

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
