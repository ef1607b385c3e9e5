using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Group normalisation with affine weights.</summary>
internal sealed class GroupNorm : Module<Tensor, Tensor>
{
    private readonly int _groups;
    private readonly double _eps;

    internal GroupNorm(int groups, int channels, double eps) : base(nameof(GroupNorm))
    {
        if (channels % groups != 0) throw new ArgumentException($"{channels} channels cannot be normalised in {groups} groups.", nameof(groups));
        _groups = groups;
        _eps = eps;
        register_parameter("weight", Weight = WeightFactory.Create(channels));
        register_parameter("bias", Bias = WeightFactory.Create(channels));
    }

    internal Parameter Weight { get; }

    internal Parameter Bias { get; }

    public override Tensor forward(Tensor input) => Compute(input, silu: false);

    /// <summary>The norm and SiLU in one go.</summary>
    internal Tensor ForwardSilu(Tensor input) => Compute(input, silu: true);

    /// <summary>By the device's fused kernels; in types and sizes that they do not take, by libtorch on the same device.</summary>
    private Tensor Compute(Tensor input, bool silu)
    {
        if (PlainForm.IsOn || input.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) || input.numel() > KernelArguments.MaxElements)
            return GroupNormFunction.Expression(input, Weight, Bias, new GroupNormSettings(_groups, _eps, silu));
        var dense = MapOrder.IsDense(input) ? input : input.contiguous();
        return FusedKernels.For(input.device).GroupNorm(dense, _groups, Weight, Bias, _eps, silu);
    }
}
