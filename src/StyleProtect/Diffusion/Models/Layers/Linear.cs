using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>y = x·Wᵀ + b.</summary>
internal sealed class Linear : Module<Tensor, Tensor>, IAdaptable, IOperatingLayer
{
    internal Linear(long inFeatures, long outFeatures, bool bias = true) : base(nameof(Linear))
    {
        register_parameter("weight", Weight = WeightFactory.Create(outFeatures, inFeatures));
        if (bias) register_parameter("bias", Bias = WeightFactory.Create(outFeatures));
    }

    public Parameter Weight { get; }

    public Parameter? Bias { get; }

    public LoraAdapter? Adapter { get; set; }

    public ILayerOperations Operations { get; set; } = FusedOperations.Instance;

    public override Tensor forward(Tensor input)
    {
        var output = Operations.Linear(input, Weight, Bias);
        return Adapter is null ? output : Adapter.AddTo(output, input);
    }
}
