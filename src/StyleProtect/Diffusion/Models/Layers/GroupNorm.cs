using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>Group normalisation with affine weights.</summary>
internal sealed class GroupNorm : Module<Tensor, Tensor>, IOperatingLayer
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

    public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

    public override Tensor forward(Tensor input) => Operations.GroupNorm(input, Weight, Bias, new GroupNormSettings(_groups, _eps, Silu: false));

    /// <summary>The norm and SiLU in one go.</summary>
    internal Tensor ForwardSilu(Tensor input) => Operations.GroupNorm(input, Weight, Bias, new GroupNormSettings(_groups, _eps, Silu: true));
}
