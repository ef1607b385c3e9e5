using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// Methods from outside that are wrong: a message that names the method, nothing left behind, and a host that goes on as if nothing had been.
/// </summary>
[Collection(SerialCollection.Name)]
public sealed class OwnMethodFaultTests(OwnMethodFaultTests.Host tiny) : IClassFixture<OwnMethodFaultTests.Host>
{
    private static readonly Artwork s_picture = TestPictures.Random(32, 32, 8, false, 1);
    private static readonly Func<ObjectiveInput, Tensor> s_good = i => i.Latents.Square().mean();

    [Theory]
    [InlineData("NaN", "The objective of step 1 is NaN")]
    [InlineData("infinite in step 2", "The objective of step 2 is")]
    [InlineData("null", "returned null instead of a scalar")]
    [InlineData("vector", "instead of a scalar")]
    [InlineData("empty", "shape [0] instead of a scalar")]
    [InlineData("without a gradient", "has no gradient")]
    [InlineData("of something else", "does not depend on the views")]
    [InlineData("throws", "failed: planted")]
    [InlineData("throws in the factory", "failed: planted")]
    [InlineData("no objective", "gave no objective")]
    [InlineData("infinite gradient", "The gradient of step 1")]
    [InlineData("shapes that do not fit", "failed: ")]
    public Task Objective(string fault, string expected) => Refused(fault switch
    {
        "NaN" => new TestMethod(i => s_good(i).Mul(double.NaN)),
        "infinite in step 2" => new TestMethod(i => i.Step == 0 ? s_good(i) : s_good(i).Div(0)),
        "null" => new TestMethod(_ => (Tensor)null!),
        "vector" => new TestMethod(i => i.Latents.mean([1, 2, 3]).expand(2)),
        "empty" => new TestMethod(i => i.Latents.flatten()[..0]),
        "without a gradient" => new TestMethod(i => i.Latents.detach().mean()),
        "of something else" => new TestMethod(_ => ones(1).requires_grad_(true).sum()),
        "throws" => new TestMethod(i => i.Step == 1 ? throw new FormatException("planted") : s_good(i)),
        "throws in the factory" => new TestMethod((ObjectiveContext _) => (IObjective)(object)Throw()),
        "no objective" => new TestMethod((ObjectiveContext _) => (IObjective)null!),
        "infinite gradient" => new TestMethod(i => (i.Views - i.OriginalViews).norm().Add((i.Views - i.OriginalViews).abs().sqrt().sum())),
        _ => new TestMethod(i => (i.Latents * zeros(7, 5)).sum()),
    }, expected);

    [Theory]
    [InlineData("null", "returned null instead of its value and gradient")]
    [InlineData("no gradient", "returned a gradient of shape []")]
    [InlineData("shape", "returned a gradient of shape [1, 3, 16, 32]; the views have [1, 3, 32, 32]")]
    [InlineData("NaN", "The gradient of step 1")]
    [InlineData("value", "The objective of step 1 is NaN")]
    [InlineData("latents", "encodes the views itself")]
    [InlineData("throws", "failed: planted")]
    public Task Gradient_of_its_own(string fault, string expected) => Refused(new TestMethod(_ => new TestGradient(i => fault switch
    {
        "null" => null!,
        "no gradient" => new(1, null!),
        "shape" => new(1, zeros(1, 3, 16, 32)),
        "NaN" => new(1, TensorMath.FullLike(i.Views, double.NaN)),
        "value" => new(double.NaN, zeros_like(i.Views)),
        "latents" => new(i.Latents.sum().item<float>(), i.Views),
        _ => throw new FormatException("planted"),
    })), expected);

    [Theory]
    [InlineData("none", "sampled no view")]
    [InlineData("null", "sampled no view")]
    [InlineData("right of the picture", "does not lie in the picture of 32 × 32")]
    [InlineData("above the picture", "does not lie in the picture")]
    [InlineData("empty", "does not lie in the picture")]
    [InlineData("size", "a view of 26 × 32; its sides must be multiples of 4")]
    [InlineData("no size", "its sides must be multiples of 4")]
    [InlineData("throws", "failed: planted")]
    [InlineData("throws in the factory", "failed: planted")]
    public Task View_sampler(string fault, string expected) => Refused(new TestMethod(s_good)
    {
        Views = fault == "throws in the factory" ? _ => throw new FormatException("planted") : _ => new TestViews((_, _) => fault switch
        {
            "none" => [],
            "null" => null!,
            "right of the picture" => [new(new(1, 0, 32, 32), 32, 32)],
            "above the picture" => [new(new(0, -1, 16, 16), 16, 16)],
            "empty" => [new(new(0, 0, 0, 16), 16, 16)],
            "size" => [new(new(0, 0, 32, 32), 32, 26)],
            "no size" => [new(new(0, 0, 32, 32), 0, 16)],
            _ => throw new FormatException("planted"),
        }),
    }, expected);

    [Theory]
    [InlineData("not differentiable", "is not differentiable")]
    [InlineData("of something else", "is not differentiable")]
    [InlineData("channels", "gave the shape [1, 1, 32, 32] for views of [1, 3, 32, 32]")]
    [InlineData("number", "gave the shape [2, 3, 32, 32]")]
    [InlineData("rank", "gave the shape [3, 32, 32]")]
    [InlineData("null", "gave the shape []")]
    [InlineData("size", "gave views of 26 × 32; their sides must be multiples of 4")]
    [InlineData("throws", "failed: planted")]
    public Task Transformation(string fault, string expected) => Refused(new TestMethod(s_good)
    {
        Transformation = new TestTransformation((v, _) => fault switch
        {
            "not differentiable" => v.detach().Mul(0.5),
            "of something else" => zeros_like(v).requires_grad_(true).Mul(2),
            "channels" => v.mean([1], keepdim: true),
            "number" => cat([v, v]),
            "rank" => v[0],
            "null" => null!,
            "size" => v[.., .., .., ..26],
            _ => throw new FormatException("planted"),
        }),
    }, expected);

    [Theory]
    [InlineData("no start", "gives null as the parameters at the start")]
    [InlineData("null", "gives an image of shape []; [3, 32, 32] is needed")]
    [InlineData("shape", "gives an image of shape [3, 16, 32]; [3, 32, 32] is needed")]
    [InlineData("not differentiable", "does not depend differentiably on its parameters")]
    [InlineData("of something else", "does not depend differentiably on its parameters")]
    [InlineData("throws", "failed: planted")]
    [InlineData("throws at the start", "failed: planted")]
    public Task Parametrisation(string fault, string expected) => Refused(new TestMethod(s_good)
    {
        Parametrisation = new TestParametrisation(
            o => fault switch { "no start" => null!, "throws at the start" => throw new FormatException("planted"), _ => o },
            p => fault switch
            {
                "null" => null!,
                "shape" => p[.., ..16],
                "not differentiable" => p.detach(),
                "of something else" => zeros_like(p).requires_grad_(true).Mul(2),
                "throws" => throw new FormatException("planted"),
                _ => p,
            }),
    }, expected);

    [Theory]
    [InlineData("NaN in a step", 3, "The objective of step 2 is NaN")]
    [InlineData("NaN in the last step", 1, "gave an image with values that are not finite")]
    [InlineData("throws", 3, "failed: planted")]
    public Task Update_rule(string fault, int steps, string expected) =>
        Refused(new TestMethod(s_good) { UpdateRule = new Rule(fault == "throws") }, expected, steps);

    [Theory]
    [InlineData("no name", "its name must be letters")]
    [InlineData("null name", "its name must be letters")]
    [InlineData("Upper-Case", "The method 'Upper-Case' cannot be used: its name must be letters, digits and hyphens in lower case")]
    [InlineData("start and parametrisation", "StartsRandomly and a Parametrisation exclude each other")]
    [InlineData("no steps", "Usual.Steps is 0, and it has an Objective")]
    [InlineData("steps without an objective", "Usual.Steps is 3, and it has no Objective")]
    [InlineData("loop without a U-Net", "its OuterLoop trains the U-Net, and Needs does not name UNet")]
    [InlineData("step size", "Usual.StepSize is NaN")]
    [InlineData("decay", "Script.Decay is 1")]
    [InlineData("rounds", "Usual.Rounds is 0")]
    [InlineData("no rule", "its UpdateRule is null")]
    [InlineData("no budget", "its Usual is null")]
    public Task Description(string fault, string expected)
    {
        MethodBudget budget = new() { Steps = 3, StepSize = StepSize.Absolute(1) };
        return Refused(fault switch
        {
            "no name" => new TestMethod(s_good, ""),
            "null name" => new TestMethod(s_good, null!),
            "Upper-Case" => new TestMethod(s_good, fault),
            "start and parametrisation" => new TestMethod(s_good) { StartsRandomly = true, Parametrisation = Parametrisations.Tanh },
            "no steps" => new TestMethod(s_good) { Usual = budget with { Steps = 0 } },
            "steps without an objective" => new TestMethod((Func<ObjectiveContext, IObjective>?)null) { Usual = budget },
            "loop without a U-Net" => new TestMethod(s_good) { OuterLoop = ((ProtectionMethod)ProtectionMethod.Aspl).OuterLoop },
            "step size" => new TestMethod(s_good) { Usual = budget with { StepSize = StepSize.Absolute(double.NaN) } },
            "decay" => new TestMethod(s_good) { Script = budget with { Decay = 1 } },
            "rounds" => new TestMethod(s_good) { Usual = budget with { Rounds = 0 } },
            "no rule" => new TestMethod(s_good) { UpdateRule = null! },
            _ => new TestMethod(s_good) { Usual = null! },
        }, expected);
    }

    [Theory]
    [InlineData("style encoder", "has no style classifier of its own")]
    [InlineData("other artist", "own-test needs pictures of another artist: set OtherArtist")]
    [InlineData("null artist", "OtherArtist")]
    [InlineData("unwanted target", "own-test draws to no target; leave Target out")]
    [InlineData("unwanted artist", "own-test compares with no other artist")]
    [InlineData("unwanted layers' rate", "own-test trains nothing beside the image")]
    [InlineData("noise samples", "own-test asks no U-Net")]
    public Task What_the_request_does_not_fit(string fault, string expected)
    {
        var plain = TinyProtector.Options with { Method = new TestMethod(s_good), LossSamples = 1 };
        return Refused(fault switch
        {
            "style encoder" => plain with { Method = new TestMethod(s_good) { Needs = MethodNeeds.StyleEncoder } },
            "other artist" => plain with { Method = new TestMethod(s_good) { Needs = MethodNeeds.OtherArtist } },
            "null artist" => plain with { Method = new TestMethod(s_good) { Needs = MethodNeeds.OtherArtist }, OtherArtist = [null!] },
            "unwanted target" => plain with { Target = s_picture },
            "unwanted artist" => plain with { OtherArtist = [s_picture] },
            "noise samples" => plain with { NoiseSamples = 2 },
            _ => plain with { LearningRate = 1e-3 },
        }, expected);
    }

    /// <summary>A method that needs a target gets the pattern where the request has none.</summary>
    [Fact]
    public async Task A_needed_target_is_a_pattern_without_a_picture()
    {
        var shape = Array.Empty<long>();
        var method = new TestMethod(c =>
        {
            shape = c.Target!.shape; return new TestObjective(i => (i.Latents - c.TargetLatents!)
            .Square().mean().neg());
        })
        { Needs = MethodNeeds.Target };
        await tiny.Protect(TinyProtector.Options with { Method = method, LossSamples = 1 }, s_picture);
        Assert.Equal([1, 3, 32, 32], shape);
    }

    /// <summary>The shared host, and what it gave before anything failed.</summary>
    public sealed class Host : IDisposable
    {
        private readonly TwoLevelProtector _tiny = new();

        internal ProtectionResult? Witness { get; set; }

        internal Task<ProtectionResult> Protect(ProtectionOptions options, Artwork picture) => _tiny.Protect(options, picture);

        public void Dispose() => _tiny.Dispose();
    }

    private static object Throw() => throw new FormatException("planted");

    private Task Refused(ProtectionMethod method, string expected, int steps = 3) =>
        Refused(TinyProtector.Options with { Method = method, Steps = method.Optimises ? steps : null, LossSamples = 1 }, expected);

    private async Task Refused(ProtectionOptions options, string expected)
    {
        // Cheap, and its losses before and after ask the U-Net, too.
        var witness = TinyProtector.Options with { Method = ProtectionMethod.PhotoGuard, Steps = 1, LossSamples = 1 };
        var before = tiny.Witness ??= await tiny.Protect(witness, s_picture);
        var live = LiveTensors.Count();
        var e = await Assert.ThrowsAsync<ProtectionException>(() => tiny.Protect(options, s_picture));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        if (options.Method.Name is { Length: > 0 } name && !expected.Contains("classifier", StringComparison.Ordinal))
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Equal(live, LiveTensors.Count());
        var after = await tiny.Protect(witness, s_picture);
        Assert.True(Differences.Same(before.Artworks[0].Artwork, after.Artworks[0].Artwork));
        Assert.Equal((before.LossBefore, before.LossAfter, before.LossCurve[0]), (after.LossBefore, after.LossAfter, after.LossCurve[0]));
    }

    private sealed class Rule(bool throws) : IUpdateRule, IUpdate
    {
        public IUpdate Begin(Tensor parameters) => this;

        public void Ascend(Tensor parameters, Tensor gradient, double stepSize)
        {
            if (throws) throw new FormatException("planted");
            using var scope = NewDisposeScope();
            parameters.copy_(parameters.Mul(double.NaN));
        }

        public void Dispose()
        {
        }
    }
}
