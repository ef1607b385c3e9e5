using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>PyTorch's default initialisation, for models that are trained from scratch.</summary>
internal static class WeightInitializer
{
    /// <summary>
    /// Fills every layer below a module: Kaiming-uniform weights for linear layers and convolutions, ones and zeros for norms, N(0, 0.02²) for embeddings.
    /// </summary>
    internal static void Initialize(Module root, Generator generator)
    {
        using var frozen = no_grad();
        foreach (var module in root.modules().Append(root)) // modules() leaves out the root
        {
            switch (module)
            {
                case Linear linear:
                    Uniform(linear.Weight, linear.Bias, linear.Weight.shape[1], generator);
                    break;
                case Conv2d conv:
                    Uniform(conv.Weight, conv.Bias, conv.Weight.shape[1] * conv.Weight.shape[2] * conv.Weight.shape[3], generator);
                    break;
                case GroupNorm norm:
                    norm.Weight.Fill_(1);
                    norm.Bias.Fill_(0);
                    break;
                case LayerNorm norm:
                    norm.Weight.Fill_(1);
                    norm.Bias.Fill_(0);
                    break;
                case Embedding embedding:
                    embedding.Weight.normal_(0, 0.02, generator);
                    break;
                default:
                    break;
            }
        }
    }

    // kaiming_uniform_(a = √5) on the weight and U(±1/√fan_in) on the bias have the same bound.
    private static void Uniform(Parameter weight, Parameter? bias, long fanIn, Generator generator)
    {
        var bound = 1 / Math.Sqrt(fanIn);
        weight.uniform_(-bound, bound, generator);
        bias?.uniform_(-bound, bound, generator);
    }
}
