using StyleProtect.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

/// <summary>Bad arguments are a managed exception that names the argument, before any memory is touched.</summary>
public sealed class KernelArgumentTests : IDisposable
{
    private static readonly PgdStepOptions s_step = new() { StepSize = 0.1f, Epsilon = 0.1f };
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _x = zeros(2, 3, 4, 4);
    private readonly Tensor _x0 = zeros(2, 3, 4, 4);
    private readonly Tensor _g = zeros(2, 3, 4, 4);

    private static IFusedKernels Kernels => FusedKernels.Managed;

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Null_and_disposed_tensors()
    {
        Assert.Equal("x0", Assert.Throws<ArgumentNullException>(() => Kernels.PgdStep(_x, null!, _g, s_step)).ParamName);
        Assert.Throws<ArgumentNullException>(() => Kernels.PgdStep(_x, _x0, _g, null!));
        var gone = zeros(2, 3, 4, 4);
        gone.Dispose();
        Assert.Equal("gradient", Assert.Throws<ArgumentException>(() => Kernels.PgdStep(_x, _x0, gone, s_step)).ParamName);
        Assert.Throws<ArgumentNullException>(() => Kernels.CrossAttention(zeros(1, 1, 2, 4), null!, zeros(1, 1, 2, 4), 1));
        Assert.Equal("input", Assert.Throws<ArgumentNullException>(() => Kernels.GroupNorm(null!, 1, ones(3), zeros(3), 1e-5, silu: true)).ParamName);
        Assert.Equal("bias", Assert.Throws<ArgumentNullException>(() => Kernels.GroupNorm(_x, 1, ones(3), null!, 1e-5, silu: true)).ParamName);
        Assert.Equal("input", Assert.Throws<ArgumentException>(() => Kernels.GroupNorm(gone, 1, ones(3), zeros(3), 1e-5, silu: true)).ParamName);
        Assert.Throws<ArgumentNullException>(() => Kernels.AdamWStep(null!, [], AdamWState.For([]), new AdamWOptions { LearningRate = 1 }));
    }

    [Fact]
    public void Layout_type_and_shape()
    {
        Refused("x0", "contiguous", () => Kernels.PgdStep(_x, zeros(2, 3, 4, 4).transpose(2, 3), _g, s_step));
        Refused("gradient", "contiguous", () => Kernels.PgdStep(_x, _x0, zeros(1).expand(2, 3, 4, 4), s_step));
        Refused("gradient", "Float64", () => Kernels.PgdStep(_x, _x0, zeros(2, 3, 4, 4, dtype: float64), s_step));
        Refused("x", "BFloat16", () => Kernels.PgdStep(_x.to(bfloat16), _x0, _g, s_step));
        Refused("gradient", "[2, 3, 4, 5]", () => Kernels.PgdStep(_x, _x0, zeros(2, 3, 4, 5), s_step));
        Refused("x", "[N,C,H,W]", () => Kernels.PgdStep(zeros(4, 4), zeros(4, 4), zeros(4, 4), s_step));
        Refused("mask", "[2 or 1, 3 or 1, 4, 4]", () => Kernels.PgdStep(_x, _x0, _g, s_step, mask: zeros(2, 2, 4, 4)));
        Refused("v", "q is Float32", () => Kernels.CrossAttention(zeros(1, 1, 2, 4), zeros(1, 1, 3, 4), zeros(1, 1, 3, 4, dtype: bfloat16), 1));
        Refused("k", "[1, 1, any, 4]", () => Kernels.CrossAttention(zeros(1, 1, 2, 4), zeros(1, 1, 3, 5), zeros(1, 1, 3, 5), 1));
        Refused("v", "k is", () => Kernels.CrossAttention(zeros(1, 1, 2, 4), zeros(1, 1, 3, 4), zeros(1, 1, 2, 4), 1));
        Refused("q", "[batch, heads, length, size]", () => Kernels.CrossAttention(zeros(1, 2, 4), zeros(1, 1, 3, 4), zeros(1, 1, 3, 4), 1));
        Refused("k", "no keys", () => Kernels.CrossAttention(zeros(1, 1, 2, 4), zeros(1, 1, 0, 4), zeros(1, 1, 0, 4), 1));
        Refused("input", "dense", () => Kernels.GroupNorm(zeros(2, 4, 4, 8).transpose(1, 3), 4, ones(8), zeros(8), 1e-5, silu: true));
        Refused("input", "Float64", () => Kernels.GroupNorm(zeros([2, 8, 4, 4], dtype: float64), 4, ones(8), zeros(8), 1e-5, silu: true));
        Refused("input", "[images, channels", () => Kernels.GroupNorm(zeros(8), 4, ones(8), zeros(8), 1e-5, silu: true));
        Refused("groups", "8 channels", () => Kernels.GroupNorm(zeros(2, 8, 4, 4), 3, ones(8), zeros(8), 1e-5, silu: true));
        Refused("groups", "0 groups", () => Kernels.GroupNorm(zeros(2, 8, 4, 4), 0, ones(8), zeros(8), 1e-5, silu: true));
        Refused("weight", "[7]", () => Kernels.GroupNorm(zeros(2, 8, 4, 4), 4, ones(7), zeros(8), 1e-5, silu: true));
        Refused("bias", "meta", () => Kernels.GroupNorm(zeros(2, 8, 4, 4), 4, ones(8), zeros([8], device: new Device(DeviceType.META)), 1e-5, silu: true));
        Refused("q", "dense", () => Kernels.CrossAttention(zeros(1, 1, 4, 2).transpose(2, 3), zeros(1, 1, 3, 4), zeros(1, 1, 3, 4), 1));
    }

    [Fact]
    public void Overlapping_memory()
    {
        var room = zeros(2 * 3 * 4 * 4 + 4);
        Tensor low = room[TensorIndex.Slice(0, 96)].view(2, 3, 4, 4), high = room[TensorIndex.Slice(4)].view(2, 3, 4, 4);
        foreach (Action call in (Action[])[
            () => Kernels.PgdStep(_x, _x, _g, s_step),
            () => Kernels.PgdStep(_x, _x0, _x, s_step),
            () => Kernels.PgdStep(low, high, _g, s_step),
            () => Kernels.PgdStep(high, _x0, low, s_step),
            () => Kernels.PgdStep(_x, _x0, _g, s_step, momentum: _g),
            () => Kernels.ProjectL2(low, high, 1)])
        {
            Assert.Contains("share memory", Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
        }

        // Two arguments that are only read may be the same.
        Kernels.PgdStep(_x, _x0, _x0, s_step);

        using var state = AdamWState.For([low, high]);
        Assert.Contains("share memory", Assert.Throws<ArgumentException>(() =>
            Kernels.AdamWStep([low, high], [_g, _x0], state, new AdamWOptions { LearningRate = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_elements_than_32_bits_can_index()
    {
        var huge = empty([1, 1, 1 << 16, 1 << 15], device: new Device(DeviceType.META));
        Refused("x", "2147483648", () => Kernels.PgdStep(huge, huge, huge, s_step));
        Refused("q", "2147483648", () => Kernels.CrossAttention(huge, huge, huge, 1));
        Refused("x", "2147483648", () => Kernels.ProjectL2(huge, huge, 1));
        Refused("input", "2147483648", () => Kernels.GroupNorm(huge, 1, ones(1), zeros(1), 1e-5, silu: true));
        using var state = AdamWState.For([_x]);
        Refused("parameters[0]", "2147483648", () => Kernels.AdamWStep([huge], [huge], state, new AdamWOptions { LearningRate = 1 }));
    }

    [Fact]
    public void Another_device()
    {
        var elsewhere = zeros([2, 3, 4, 4], device: new Device(DeviceType.META));
        Refused("x0", "meta", () => Kernels.PgdStep(_x, elsewhere, _g, s_step));
        Refused("tensor", "FusedKernels.For", () => Kernels.ProjectL2(elsewhere, zeros([2, 3, 4, 4], device: new Device(DeviceType.META)), 1));
    }

    [Fact]
    public void No_kernel_takes_a_tensor_of_another_device()
    {
        // Meta tensors stand for any device but the CPU, CPU tensors for any but the GPU.
        var elsewhere = new Device(DeviceType.META);
        Tensor picture = zeros([2, 8, 4, 4], device: elsewhere), other = zeros([2, 8, 4, 4], device: elsewhere), weight = zeros([8], device: elsewhere);
        using var state = AdamWState.For([picture]);
        foreach (Action call in (Action[])[
            () => Kernels.PgdStep(picture, other, other, s_step),
            () => Kernels.ProjectL2(picture, other, 1),
            () => Kernels.CrossAttention(picture, picture, picture, 1),
            () => Kernels.AdamWStep([picture], [other], state, new AdamWOptions { LearningRate = 1 }),
            () => Kernels.GroupNorm(picture, 4, weight, weight, 1e-5, silu: true)])
        {
            Refused("tensor", "The managed kernels work on CPU tensors", call);
        }

        Refused("tensor", "The CUDA kernels work on CUDA tensors", () => new StyleProtect.Kernels.Cuda.TorchDeviceTensors().Require(_x));
        Assert.NotEqual(KernelBackend.Managed, FusedKernels.For(elsewhere).Backend);
        Assert.NotEqual(KernelBackend.Managed, FusedKernels.For(new Device(DeviceType.CUDA)).Backend);
        // The models' attention takes the managed kernel for shapes like these on the CPU; elsewhere it is libtorch's (which has none for meta tensors) and
        // never refused by the managed one.
        Tensor query = zeros([1, 8, 4096, 40], device: elsewhere), keys = zeros([1, 8, 77, 40], device: elsewhere);
        var e = Record.Exception(() => StyleProtect.Diffusion.Models.Layers.AttentionCore.Compute(query, keys, keys));
        Assert.DoesNotContain("managed", e?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range()
    {
        Assert.Equal("StepSize", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { StepSize = float.NaN })));
        Assert.Equal("Epsilon", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { Epsilon = -1 })));
        Assert.Equal("Epsilon", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { Epsilon = float.NaN })));
        Assert.Equal("Maximum", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { Maximum = -1 })));
        Assert.Equal("MomentumDecay", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { MomentumDecay = -1 })));
        Assert.Equal("Direction", Out(() => Kernels.PgdStep(_x, _x0, _g, s_step with { Direction = (PgdDirection)9 })));
        Assert.Equal("radius", Out(() => Kernels.ProjectL2(_x, _x0, float.NaN)));
        Assert.Equal("eps", Out(() => Kernels.GroupNorm(zeros(2, 8, 4, 4), 4, ones(8), zeros(8), double.NaN, silu: true)));
        Assert.Equal("eps", Out(() => Kernels.GroupNorm(zeros(2, 8, 4, 4), 4, ones(8), zeros(8), -1, silu: true)));
        Assert.Equal("scale", Out(() => Kernels.CrossAttention(zeros(1, 1, 2, 4), zeros(1, 1, 3, 4), zeros(1, 1, 3, 4), double.NaN)));
        using var state = AdamWState.For([_x]);
        var options = new AdamWOptions { LearningRate = 1 };
        Assert.Equal("LearningRate", Out(() => Kernels.AdamWStep([_x], [_g], state, options with { LearningRate = -1 })));
        Assert.Equal("Beta2", Out(() => Kernels.AdamWStep([_x], [_g], state, options with { Beta2 = 1 })));
        Assert.Equal("Epsilon", Out(() => Kernels.AdamWStep([_x], [_g], state, options with { Epsilon = 0 })));
        Assert.Equal("MaxGradientNorm", Out(() => Kernels.AdamWStep([_x], [_g], state, options with { MaxGradientNorm = 0 })));

        static string? Out(Action call) => Assert.Throws<ArgumentOutOfRangeException>(call).ParamName;
    }

    [Fact]
    public void A_state_of_other_parameters()
    {
        using var state = AdamWState.For([zeros(3)]);
        var options = new AdamWOptions { LearningRate = 1 };
        Assert.Throws<ArgumentException>(() => Kernels.AdamWStep([_x, zeros(3)], [_g, zeros(3)], state, options));
        Assert.Throws<ArgumentException>(() => Kernels.AdamWStep([_x], [_g], state, options));
        Assert.Throws<ArgumentException>(() => Kernels.AdamWStep([zeros(3)], [], state, options));
    }

    [Fact]
    public void The_device_decides_which_kernels_and_says_so()
    {
        Assert.Equal(KernelBackend.Managed, FusedKernels.For(CPU).Backend);
        Assert.Contains("SIMD", FusedKernels.For(CPU).Description, StringComparison.Ordinal);
        var gpu = FusedKernels.For(new Device(DeviceType.CUDA));
        if (StyleProtect.Native.NativeRuntime.Status.IsReady) Assert.Equal(KernelBackend.Cuda, gpu.Backend);
        else Assert.Contains(StyleProtect.Native.NativeRuntime.Status.Reason, gpu.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_in_the_backward_pass_is_thrown_after_it()
    {
        var q = zeros(1, 1, 2, 4).requires_grad_();
        var output = CrossAttentionFunction.Apply(new FailingCore(), q, zeros(1, 1, 3, 4), zeros(1, 1, 3, 4), 1, capture: null);
        output.sum().backward();
        Assert.Equal("planned", Assert.Throws<InvalidOperationException>(BackwardFaults.ThrowIfAny).Message);
        BackwardFaults.ThrowIfAny();
        Assert.Equal(0, q.grad!.abs().sum().item<float>());
    }

    /// <summary>Two engines in one process: the one must not fail with the other's exception, nor the other go on with gradients of zeros.</summary>
    [Fact]
    public void An_exception_in_the_backward_pass_is_thrown_on_its_own_thread_alone()
    {
        using var failed = new ManualResetEventSlim();
        using var looked = new ManualResetEventSlim();
        Exception? own = null;
        var failing = new Thread(() =>
        {
            using var scope = NewDisposeScope();
            var q = zeros(1, 1, 2, 4).requires_grad_();
            CrossAttentionFunction.Apply(new FailingCore(), q, zeros(1, 1, 3, 4), zeros(1, 1, 3, 4), 1, capture: null).sum().backward();
            failed.Set();
            looked.Wait();
            own = Record.Exception(BackwardFaults.ThrowIfAny);
        })
        { IsBackground = true };
        failing.Start();
        failed.Wait(TestContext.Current.CancellationToken);
        var other = Record.Exception(BackwardFaults.ThrowIfAny);
        looked.Set();
        failing.Join();
        Assert.Null(other);
        Assert.Equal("planned", Assert.IsType<InvalidOperationException>(own).Message);
    }

    [Fact]
    public void No_tensors_are_left_behind()
    {
        Tensor q = randn(1, 2, 9, 8).requires_grad_(), k = randn(1, 2, 13, 8).requires_grad_(), v = randn(1, 2, 13, 8).requires_grad_();
        Step();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++) Step();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = NewDisposeScope();
            Kernels.CrossAttention(q, k, v, 0.3, new AttentionCapture()).Square().sum().backward();
            BackwardFaults.ThrowIfAny();
        }
    }

    private static void Refused(string argument, string reason, Action call)
    {
        var e = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Equal(argument, e.ParamName);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    private sealed class FailingCore : IAttentionCore
    {
        public void Forward(Tensor q, Tensor k, Tensor v, float scale, Tensor output, Tensor? mass, Tensor? norm) => output.zero_();

        public void Backward(Tensor q, Tensor k, Tensor v, float scale, Tensor gradient, Tensor dq, Tensor dk, Tensor dv) =>
            throw new InvalidOperationException("planned");
    }
}
