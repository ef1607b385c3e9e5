using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>The two-layer network over the sinusoidal time features (diffusers' TimestepEmbedding), and those features.</summary>
internal sealed class TimestepEmbedding : Module<Tensor, Tensor>
{
    private readonly Linear _linear1;
    private readonly Linear _linear2;

    private readonly Linear? _condProj;

    /// <param name="inChannels">Width of the features.</param>
    /// <param name="timeEmbedDim">Width of the result.</param>
    /// <param name="condProjDim">Width of a condition that is projected and added to the features; null for none.</param>
    internal TimestepEmbedding(int inChannels, int timeEmbedDim, int? condProjDim = null) : base(nameof(TimestepEmbedding))
    {
        register_module("linear_1", _linear1 = new Linear(inChannels, timeEmbedDim));
        register_module("linear_2", _linear2 = new Linear(timeEmbedDim, timeEmbedDim));
        if (condProjDim is { } width) register_module("cond_proj", _condProj = new Linear(width, inChannels, bias: false));
    }

    public override Tensor forward(Tensor input) => Forward(input, null);

    /// <param name="input">Features [N, inChannels].</param>
    /// <param name="condition">[1 or N, condProjDim], or null.</param>
    internal Tensor Forward(Tensor input, Tensor? condition)
    {
        using var scope = NewDisposeScope();
        var features = condition is not null && _condProj is not null ? input.Add(_condProj.forward(condition)) : input;
        return _linear2.forward(functional.silu(_linear1.forward(features))).MoveToOuterDisposeScope();
    }

    /// <summary>sin and cos of t·10000^(−i/(d/2 − shift)) (diffusers' get_timestep_embedding), fp32 [N, dim].</summary>
    internal static Tensor Sinusoidal(Tensor timesteps, int dim, bool flipSinToCos, double freqShift)
    {
        using var scope = NewDisposeScope();
        var half = dim / 2;
        var exponent = TensorMath.Arange(half, float32, timesteps.device).Mul_(-Math.Log(10000)).Div_(half - freqShift);
        var angle = timesteps.to(float32).unsqueeze(1) * exponent.exp().unsqueeze(0);
        var features = flipSinToCos ? cat([angle.cos(), angle.sin()], 1) : cat([angle.sin(), angle.cos()], 1);
        if (dim % 2 == 1) features = functional.pad(features, [0, 1]);
        return features.MoveToOuterDisposeScope();
    }
}
