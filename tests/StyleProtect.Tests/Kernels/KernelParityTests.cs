using StyleProtect.Kernels;
using StyleProtect.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

/// <summary>The same test bodies for every implementation, each against <see cref="ScalarKernels"/>; a derived class only names the implementation.</summary>
public abstract class KernelParityTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    internal abstract IFusedKernels Kernels { get; }

    /// <summary>bf16 has 8 bits: half a last place is 1/512, and a gradient passes two or three such roundings.</summary>
    protected virtual double BFloat16Tolerance => 1.0 / 128;

    protected virtual double NormTolerance => 5e-6;

    public void Dispose()
    {
        _scope.Dispose();
        GC.SuppressFinalize(this);
    }

    public static TheoryData<long[]> ImageShapes => new(
        (long[][])[[1, 1, 1, 1], [2, 3, 7, 5], [3, 33, 17], [1, 3, 64, 64], [5, 1, 1, 13], [2, 3, 1, 16], [1, 3, 129, 127], [0, 3, 4, 4], [2, 3, 0, 5],
            [300, 1, 1, 3]]);

    [Theory]
    [MemberData(nameof(ImageShapes))]
    public void A_step_equals_the_reference_for_every_direction_and_gradient_type(long[] shape)
    {
        foreach (var direction in Enum.GetValues<PgdDirection>())
        {
            foreach (var type in (ScalarType[])[float32, bfloat16])
            {
                foreach (var rounds in (bool[])[false, true])
                {
                    var options = new PgdStepOptions
                    {
                        StepSize = direction == PgdDirection.L2
                        ? 1 : 0.02f,
                        Epsilon = 0.1f,
                        Direction = direction,
                        RoundTo8Bit = rounds
                    };
                    Compare(shape, type, options, momentum: false, mask: null, offset: 0);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(ImageShapes))]
    public void Momentum_equals_the_reference_for_every_direction(long[] shape)
    {
        foreach (var direction in Enum.GetValues<PgdDirection>())
        {
            var options = new PgdStepOptions { StepSize = -0.03f, Epsilon = 0.08f, Direction = direction, MomentumDecay = 0.9f };
            Compare(shape, float32, options, momentum: true, mask: null, offset: 0);
        }
    }

    [Theory]
    [MemberData(nameof(ImageShapes))]
    public void Unaligned_memory_gives_the_same_step(long[] shape)
    {
        foreach (var offset in (int[])[1, 2, 3])
            Compare(shape, offset == 2 ? bfloat16 : float32, new PgdStepOptions { StepSize = 0.01f, Epsilon = 0.1f }, momentum: offset == 3, mask: null,
                offset);
    }

    [Theory]
    [InlineData(2L, 3L)]
    [InlineData(1L, 3L)]
    [InlineData(2L, 1L)]
    [InlineData(1L, 1L)]
    public void A_mask_shares_out_the_budget(long images, long channels)
    {
        var mask = Random([images, channels, 9, 7], 5, spread: 1).abs().Clamp(0, 1);
        mask[TensorIndex.Ellipsis, TensorIndex.Slice(0, 3), TensorIndex.Colon].Fill_(0);
        foreach (var rounds in (bool[])[false, true])
            Compare([2, 3, 9, 7], float32, new PgdStepOptions { StepSize = 0.05f, Epsilon = 0.1f, RoundTo8Bit = rounds }, momentum: false, mask, offset: 0);
        Compare([2, 3, 9, 7], float32, new PgdStepOptions { StepSize = 0.05f, Epsilon = float.PositiveInfinity }, momentum: false, mask, offset: 0);
        foreach (var direction in Enum.GetValues<PgdDirection>())
            foreach (var type in (ScalarType[])[float32, bfloat16])
                Compare([2, 3, 9, 7], type, new PgdStepOptions
                {
                    StepSize = 0.5f,
                    Epsilon = 0.1f,
                    Direction = direction,
                    MomentumDecay = 0.9f,
                    RoundTo8Bit = type == bfloat16
                }, momentum: true, mask, offset: 0);
    }

    [Fact]
    public void A_masked_out_pixel_does_not_move()
    {
        Tensor x0 = Random([1, 3, 8, 8], 1).Clamp(-1, 1), x = x0.clone();
        Kernels.PgdStep(x, x0, Random([1, 3, 8, 8], 2), new PgdStepOptions { StepSize = 0.05f, Epsilon = float.PositiveInfinity }, mask: zeros(1, 1, 8, 8));
        Assert.True(x.equal(x0).all().item<bool>());
    }

    [Fact]
    public void The_budget_holds_on_every_rounded_pixel()
    {
        // Pixels on the 8-bit grid, as an artwork's are; a budget of 8/255 in the units of [-1,1].
        var levels = randint(0, 256, [2, 3, 32, 32], generator: Seeded(3)).to(float32);
        Tensor x0 = levels.Div(127.5f).Sub(1), x = x0.clone();
        var options = new PgdStepOptions { StepSize = 0.011f, Epsilon = 16f / 255, RoundTo8Bit = true };
        for (var i = 0; i < 9; i++) Kernels.PgdStep(x, x0, Random([2, 3, 32, 32], 10 + i), options);
        var written = x.Add(1).Mul(127.5f).to(float64);
        Assert.True((written - written.round()).abs().max().item<double>() < 1e-4);
        Assert.Equal(8, (written.round() - levels).abs().max().item<double>());
        Assert.InRange(written.min().item<double>(), -1e-4, 255.0001);
    }

    [Fact]
    public void Rounding_between_grid_values_takes_the_nearest_one_when_none_is_within_the_budget()
    {
        // 10.4 grid steps with a budget of 0.1: no grid value is that near, so 10 it is.
        Tensor x0 = TensorMath.Full([1, 1, 1, 4], 10.4f / 255), x = x0.clone();
        Kernels.PgdStep(x, x0, ones(1, 1, 1, 4), new PgdStepOptions { StepSize = 1, Epsilon = 0.1f / 255, RoundTo8Bit = true, Minimum = 0, Maximum = 1 });
        Assert.True(x.allclose(TensorMath.FullLike(x, 10f / 255), atol: 1e-7));
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NegativeInfinity, -1)]
    public void Gradients_that_are_not_finite_have_a_defined_effect(float value, int sign)
    {
        foreach (var direction in (PgdDirection[])[PgdDirection.Sign, PgdDirection.Raw])
        {
            Tensor x0 = zeros(1, 1, 3, 7), x = x0.clone();
            Kernels.PgdStep(x, x0, TensorMath.FullLike(x, value), new PgdStepOptions { StepSize = 0.5f, Epsilon = 0.25f, Direction = direction });
            Assert.True(x.allclose(TensorMath.FullLike(x, 0.25f * sign)), $"{direction}: {x.min().item<float>()}");
        }

        var g = Random([2, 1, 3, 7], 3);
        g[0, 0, 1, 1] = value;
        foreach (var momentum in (bool[])[false, true])
        {
            Tensor x0 = zeros(2, 1, 3, 7), x = x0.clone();
            var m = momentum ? zeros_like(x) : null;
            var options = new PgdStepOptions { StepSize = 0.5f, Epsilon = 0.25f, Direction = PgdDirection.L2 };
            var (expected, _) = ScalarKernels.PgdStep(x, x0, g, options, m);
            Kernels.PgdStep(x, x0, g, options, m);
            Assert.True(x.isfinite().all().item<bool>());
            Close(expected, x, 1e-6);
        }
    }

    [Fact]
    public void A_gradient_of_zeros_moves_nothing()
    {
        foreach (var direction in Enum.GetValues<PgdDirection>())
        {
            Tensor x0 = Random([2, 3, 5, 5], 1).Clamp(-1, 1), x = x0.clone(), m = zeros_like(x);
            Kernels.PgdStep(x, x0, zeros_like(x), new PgdStepOptions { StepSize = 1, Epsilon = 1, Direction = direction }, m);
            Close(x0, x, 1e-7);
        }
    }

    [Theory]
    [MemberData(nameof(ImageShapes))]
    public void The_L2_projection_equals_the_reference(long[] shape)
    {
        foreach (var radius in (float[])[0, 0.5f, 3, 1000])
        {
            Tensor x0 = Random(shape, 1), x = x0.Add(Random(shape, 2, spread: 0.3)), expected = ScalarKernels.ProjectL2(x, x0, radius);
            Kernels.ProjectL2(x, x0, radius);
            Close(expected, x, 1e-6);
            if (x.numel() == 0) continue;
            var largest = (x - x0).to(float64).Square().sum(x.dim() == 4 ? [1, 2, 3] : [0, 1, 2]).sqrt().max().item<double>();
            Assert.True(largest <= radius * (1 + 1e-5) + 1e-5, $"{largest} > {radius}");
        }
    }

    public static TheoryData<int, int, int, int, int> AttentionShapes => new()
    {
        { 1, 1, 1, 1, 1 }, { 2, 4, 20, 7, 8 }, { 1, 8, 64, 77, 40 }, { 2, 3, 33, 77, 64 }, { 1, 2, 70, 77, 80 }, { 1, 2, 17, 77, 160 }, { 1, 2, 40, 256, 40 },
        { 1, 1, 1100, 77, 40 }, { 1, 1, 0, 5, 8 }, { 0, 2, 3, 4, 8 }, { 2, 2, 5, 3, 5 }, { 1, 3, 130, 33, 36 }, { 3, 1, 31, 129, 12 }, { 1, 2, 9, 255, 157 },
        { 1, 2, 19, 50, 24 }, { 2, 1, 37, 65, 56 }, // half a 512-bit vector beside one, and beside three
    };

    [Theory]
    [MemberData(nameof(AttentionShapes))]
    public void Attention_and_its_gradients_equal_the_reference(int batch, int heads, int queries, int keys, int size)
    {
        foreach (var transposed in (bool[])[false, true])
            CompareAttention(batch, heads, queries, keys, size, float32, transposed, 1e-5);
    }

    [Theory]
    [MemberData(nameof(AttentionShapes))]
    public void Attention_in_bf16_equals_the_fp32_reference_to_the_last_place_of_bf16(int batch, int heads, int queries, int keys, int size) =>
        CompareAttention(batch, heads, queries, keys, size, bfloat16, transposed: true, BFloat16Tolerance);

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        Tensor q = Random([1, 2, 40, 40], 1, spread: 60), k = Random([1, 2, 77, 40], 2, spread: 60), v = Random([1, 2, 77, 40], 3);
        var capture = new AttentionCapture();
        var output = Kernels.CrossAttention(q, k, v, 0.16, capture);
        // Scores of some thousands have an fp32 rounding of some 1e-4, which the exponential hands on.
        Close(ScalarKernels.CrossAttention(q, k, v, 0.16).Output, output, 1e-3);
        Assert.Equal(1, capture.TokenMass!.sum().item<float>(), 1e-4f);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_nan_in_attention_spreads_as_in_torch(int which)
    {
        Tensor[] inputs = [Random([1, 2, 9, 8], 1), Random([1, 2, 13, 8], 2), Random([1, 2, 13, 8], 3)];
        inputs[which][0, 1, 4, 3] = float.NaN;
        var expected = ScalarKernels.CrossAttention(inputs[0], inputs[1], inputs[2], 0.35).Output;
        var output = Kernels.CrossAttention(inputs[0], inputs[1], inputs[2], 0.35);
        Assert.True(expected.isnan().equal(output.isnan()).all().item<bool>());
        Close(expected.nan_to_num(0), output.nan_to_num(0), 1e-5);
    }

    [Fact]
    public void AdamW_without_parameters_does_nothing()
    {
        using var state = AdamWState.For([]);
        Assert.Equal(0, Kernels.AdamWStep([], [], state, new AdamWOptions { LearningRate = 1 }));
    }

    [Theory]
    [InlineData(-0.3)]
    [InlineData(0.0)]
    public void Any_finite_scale_is_taken(double scale)
    {
        Tensor q = Random([1, 2, 9, 8], 1), k = Random([1, 2, 13, 8], 2), v = Random([1, 2, 13, 8], 3);
        Close(ScalarKernels.CrossAttention(q, k, v, scale).Output, Kernels.CrossAttention(q, k, v, scale), 1e-5);
    }

    [Fact]
    public void A_gradient_with_strides_of_zero_is_read_rightly()
    {
        Tensor q = Random([1, 2, 9, 8], 1).requires_grad_(), k = Random([1, 2, 13, 8], 2), v = Random([1, 2, 13, 8], 3);
        Kernels.CrossAttention(q, k, v, 0.35).sum().backward();
        BackwardFaults.ThrowIfAny();
        Close(ScalarKernels.CrossAttention(q, k, v, 0.35, ones_like(q)).Dq, q.grad!, 1e-5);
    }

    [Fact]
    public void The_reference_layer_of_diffusers_is_met()
    {
        using var golden = new Golden("attn/cross");
        Tensor x = golden["in.x"].requires_grad_(), context = golden["in.ctx"].requires_grad_();
        Tensor wq = golden["w.to_q.weight"].requires_grad_(), wk = golden["w.to_k.weight"].requires_grad_(), wv = golden["w.to_v.weight"].requires_grad_();
        var capture = new AttentionCapture();
        var output = Kernels.CrossAttention(Heads(matmul(x, wq.t())), Heads(matmul(context, wk.t())), Heads(matmul(context, wv.t())), 1 / Math.Sqrt(8),
            capture);
        var merged = output.transpose(1, 2).reshape(2, 20, 32);
        golden.AssertEqual("out.pre_out", merged);
        var mass = golden["out.probs"].reshape(2, 4, 20, 7).mean([1, 2]);
        Close(mass, capture.TokenMass!, 1e-5);
        var projected = matmul(merged, golden["w.to_out.0.weight"].t()).Add(golden["w.to_out.0.bias"]);
        golden.AssertEqual("out.o", projected);
        (projected * golden["cot.out.o"]).sum().backward();
        BackwardFaults.ThrowIfAny();
        golden.AssertEqual("grad.in.x", x.grad!);
        golden.AssertEqual("grad.in.ctx", context.grad!);
        golden.AssertEqual("grad.w.to_q.weight", wq.grad!);
        golden.AssertEqual("grad.w.to_k.weight", wk.grad!);
        golden.AssertEqual("grad.w.to_v.weight", wv.grad!);

        static Tensor Heads(Tensor t) => t.reshape(2, -1, 4, 8).transpose(1, 2);
    }

    public static TheoryData<int, int, int, int, int> NormShapes => new()
    {
        { 1, 1, 1, 1, 1 }, { 2, 64, 9, 10, 32 }, { 1, 32, 1, 2, 8 }, { 2, 24, 5, 6, 8 }, { 3, 6, 7, 3, 2 }, { 3, 64, 1, 1, 8 }, { 1, 16, 64, 70, 4 },
        { 1, 2560, 3, 2, 32 }, { 0, 8, 3, 3, 4 }, { 2, 8, 0, 3, 2 },
    };

    [Theory]
    [MemberData(nameof(NormShapes))]
    public void Group_norm_and_its_gradients_equal_fp64(int images, int channels, int height, int width, int groups)
    {
        foreach (var last in (bool[])[false, true])
            foreach (var silu in (bool[])[false, true])
                CompareNorm([images, channels, height, width], groups, silu, float32, last, offset: 0, NormTolerance);
    }

    [Theory]
    [MemberData(nameof(NormShapes))]
    public void Group_norm_in_bf16_equals_fp64_to_the_last_place_of_bf16(int images, int channels, int height, int width, int groups)
    {
        foreach (var last in (bool[])[false, true])
            CompareNorm([images, channels, height, width], groups, silu: true, bfloat16, last, offset: 0, BFloat16Tolerance);
    }

    [Fact]
    public void Group_norm_takes_unaligned_memory()
    {
        foreach (var offset in (int[])[1, 2, 3])
            foreach (var type in (ScalarType[])[float32, bfloat16])
                CompareNorm([2, 16, 4, 6], 4, silu: true, type, last: false, offset, type == float32 ? NormTolerance : BFloat16Tolerance);
    }

    [Fact]
    public void Group_norm_spreads_a_nan_through_its_own_group_only()
    {
        foreach (var value in (float[])[float.NaN, float.PositiveInfinity])
        {
            var x = ChannelsLast(Random([2, 32, 3, 3], 1));
            var whole = Kernels.GroupNorm(x, 8, ones(32), zeros(32), 1e-5, silu: true);
            x[1, 5, 1, 1] = value;
            var broken = Kernels.GroupNorm(x, 8, ones(32), zeros(32), 1e-5, silu: true);
            Assert.True(broken[1].narrow(0, 4, 4).isnan().all().item<bool>());
            Assert.Equal(4 * 9, broken.isnan().sum().item<long>());
            Close(whole[0], broken[0], 0);
            Close(whole[1].narrow(0, 8, 24), broken[1].narrow(0, 8, 24), 0);
        }
    }

    [Fact]
    public void Group_norm_of_frozen_weights_reads_any_gradient()
    {
        // That of a sum has strides of 0, that of a mean over a view another order.
        Tensor x = ChannelsLast(Random([2, 32, 5, 4], 1)).requires_grad_(), weight = Random([32], 2), bias = Random([32], 3);
        var y = Kernels.GroupNorm(x, 8, weight, bias, 1e-5, silu: true);
        y.sum().Mul(0.5).Add((y.contiguous() * Random([2, 32, 5, 4], 4)).sum()).backward();
        BackwardFaults.ThrowIfAny();
        var cotangent = TensorMath.FullLike(x, 0.5).Add(Random([2, 32, 5, 4], 4));
        Close(ScalarKernels.GroupNorm(x, 8, weight, bias, 1e-5, silu: true, cotangent).Dx, x.grad!, 5e-6);
        Assert.Null(weight.grad);
    }

    [Fact]
    public void Group_norm_gives_the_same_bytes_again()
    {
        var x = ChannelsLast(Random([1, 64, 30, 31], 1));
        Tensor[] outputs = [.. Enumerable.Range(0, 2).Select(_ => Kernels.GroupNorm(x, 32, ones(64), zeros(64), 1e-5, silu: true))];
        Assert.True(outputs[0].equal(outputs[1]).all().item<bool>());
    }

    /// <summary>More blocks than the second and third dimension of a grid can hold; every kernel is launched along the first.</summary>
    [Fact]
    public void More_rows_than_a_grid_dimension()
    {
        const int rows = 66_000;
        Tensor x0 = zeros(rows, 1, 1, 1), x = Random([rows, 1, 1, 1], 1), expected = ScalarKernels.ProjectL2(x, x0, 0.5f);
        Kernels.ProjectL2(x, x0, 0.5f);
        Close(expected, x, 1e-6);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1.0)]
    [InlineData(1e6)]
    public void AdamW_steps_equal_torchs_optimizer_with_clip_grad_norm(double maximum)
    {
        long[][] shapes = [[1], [3, 5], [64, 33], [0], [20000], [7]];
        var ours = shapes.Select((s, i) => Random(s, 20 + i)).ToArray();
        var theirs = ours.Select(p => nn.Parameter(p.clone())).ToArray();
        using var state = AdamWState.For(ours);
        using var optimizer = optim.AdamW(theirs, lr: 1e-2, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.1);
        var options = new AdamWOptions { LearningRate = 1e-2, Beta2 = 0.99, WeightDecay = 0.1, MaxGradientNorm = maximum };
        for (var step = 0; step < 4; step++)
        {
            var gradients = shapes.Select((s, i) => Random(s, 100 * step + i, spread: step + 1)).ToArray();
            for (var i = 0; i < theirs.Length; i++) theirs[i].grad = gradients[i].clone();
            var expected = Math.Sqrt(gradients.Sum(g => g.to(float64).Square().sum().item<double>()));
            if (double.IsFinite(maximum)) nn.utils.clip_grad_norm_(theirs, maximum);
            optimizer.step();
            var norm = Kernels.AdamWStep(ours, gradients, state, options);
            Assert.Equal(expected, norm, 1e-5 * expected);
            for (var i = 0; i < ours.Length; i++) Close(theirs[i].detach(), ours[i], 2e-6);
        }

        Assert.Equal(4, state.Steps);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AdamW_changes_nothing_when_a_gradient_is_not_finite(float value)
    {
        Tensor[] parameters = [Random([5], 1), Random([40], 2)], gradients = [Random([5], 3), Random([40], 4)];
        var before = parameters.Select(p => p.clone()).ToArray();
        using var state = AdamWState.For(parameters);
        gradients[1][17] = value;
        Assert.False(float.IsFinite(Kernels.AdamWStep(parameters, gradients, state, new AdamWOptions { LearningRate = 1, MaxGradientNorm = 1 })));
        Assert.Equal(0, state.Steps);
        for (var i = 0; i < 2; i++)
        {
            Close(before[i], parameters[i], 0);
            Assert.Equal(0, state.FirstMoments[i].abs().sum().item<float>());
            Assert.Equal(0, state.SecondMoments[i].abs().sum().item<float>());
        }
    }

    [Fact]
    public void The_same_call_gives_the_same_bytes_again()
    {
        Tensor q = Random([1, 2, 1100, 40], 1), k = Random([1, 2, 77, 40], 2), v = Random([1, 2, 77, 40], 3);
        Tensor[] outputs = [.. Enumerable.Range(0, 2).Select(_ => Kernels.CrossAttention(q, k, v, 0.16))];
        Assert.True(outputs[0].equal(outputs[1]).all().item<bool>());
    }

    private void Compare(long[] shape, ScalarType gradientType, PgdStepOptions options, bool momentum, Tensor? mask, int offset)
    {
        Tensor x0 = Shifted(Random(shape, 1).Clamp(-1, 1), offset), x = Shifted(x0.Add(Random(shape, 2, spread: 0.05)).Clamp(-1, 1), offset);
        var gradient = Shifted(Random(shape, 3).to(gradientType), offset);
        var m = momentum ? Shifted(Random(shape, 4), offset) : null;
        var (expected, expectedMomentum) = ScalarKernels.PgdStep(x, x0, gradient, options, m, mask);
        Kernels.PgdStep(x, x0, gradient, options, m, mask);
        Close(expected, x, 1e-6);
        if (m is not null) Close(expectedMomentum!, m, 1e-6);
    }

    private void CompareAttention(int batch, int heads, int queries, int keys, int size, ScalarType type, bool transposed, double tolerance)
    {
        Tensor q = Make(queries, 1), k = Make(keys, 2), v = Make(keys, 3), cotangent = Random([batch, heads, queries, size], 4).to(type);
        var scale = 1 / Math.Sqrt(size);
        var capture = new AttentionCapture();
        Tensor[] ours = [q.detach().requires_grad_(), k.detach().requires_grad_(), v.detach().requires_grad_()];
        var output = Kernels.CrossAttention(ours[0], ours[1], ours[2], scale, capture);
        Assert.Equal(type, output.dtype);
        output.backward([cotangent]);
        BackwardFaults.ThrowIfAny();

        var expected = ScalarKernels.CrossAttention(q, k, v, scale, cotangent);
        Close(expected.Output, output, tolerance);
        Close(expected.TokenMass, capture.TokenMass!, tolerance);
        Close(expected.HeadNorm, capture.HeadNorm!, tolerance);
        foreach (var (gradient, leaf) in ((Tensor[])[expected.Dq, expected.Dk, expected.Dv]).Zip(ours)) Close(gradient, leaf.grad!, tolerance);

        Tensor Make(int length, int seed) => transposed
            ? Random([batch, length, heads, size], seed).to(type).transpose(1, 2)
            : Random([batch, heads, length, size], seed).to(type);
    }

    private void CompareNorm(long[] shape, int groups, bool silu, ScalarType type, bool last, int offset, double tolerance)
    {
        // A mean far from zero: plain sums of squares would lose digits.
        var x = Shifted(Random(shape, 1).Add(4).to(type), offset);
        if (last) x = ChannelsLast(x);
        Tensor weight = Random([shape[1]], 2), bias = Random([shape[1]], 3), cotangent = Random(shape, 4).to(type);
        Tensor[] ours = [x.detach().requires_grad_(), weight.detach().requires_grad_(), bias.detach().requires_grad_()];
        const double eps = 1e-2; // groups of one value have no spread of their own; their gradients are 1/√eps times a rounding
        var output = Kernels.GroupNorm(ours[0], groups, ours[1], ours[2], eps, silu);
        Assert.Equal(type, output.dtype);
        if (x.numel() > 0) Assert.Equal(x.stride(), output.stride());
        output.backward([cotangent]);
        BackwardFaults.ThrowIfAny();

        var expected = ScalarKernels.GroupNorm(x, groups, weight, bias, eps, silu, cotangent);
        Close(expected.Output, output, tolerance);
        foreach (var (gradient, leaf) in ((Tensor[])[expected.Dx, expected.Dw, expected.Db]).Zip(ours)) Close(gradient, leaf.grad!, 2 * tolerance);
    }

    private static Tensor ChannelsLast(Tensor t) => t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>A contiguous copy that starts some elements after an aligned address.</summary>
    private static Tensor Shifted(Tensor t, int offset)
    {
        var room = zeros(t.numel() + offset, dtype: t.dtype);
        var view = room[TensorIndex.Slice(offset)].view(t.shape);
        view.copy_(t);
        return view;
    }

    private static Generator Seeded(int seed) => new((ulong)seed);

    private static Tensor Random(long[] shape, int seed, double spread = 1) => randn(shape, generator: Seeded(seed)).Mul(spread);

    /// <summary>Largest difference relative to the largest magnitude (at least 1).</summary>
    private static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        if (expected.numel() == 0) return;
        Tensor e = expected.detach().to(float64), a = actual.detach().to(float64);
        var bound = tolerance * Math.Max(1, e.abs().max().item<double>());
        var difference = (e - a).abs().max().item<double>();
        Assert.True(difference <= bound, $"largest difference {difference:g4}, allowed {bound:g4}, shape [{string.Join(", ", expected.shape)}]");
    }
}
