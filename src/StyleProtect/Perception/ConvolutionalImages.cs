using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>Loads a <see cref="ConvolutionalEncoder"/> from <c>config.json</c> and <c>model.safetensors</c> and brings pictures to its size.</summary>
internal static class ConvolutionalImages
{
    /// <exception cref="CheckpointException">A file is missing or does not fit.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    internal static ConvolutionalEncoder Load(string folder, Device? device = null)
    {
        var path = Path.Combine(folder, "config.json");
        try
        {
            var config = DiffusersConfig.Read<ConvolutionalEncoderConfig>(path);
            config.Validate();
            using var weights = WeightFactory.Use(ScalarType.Float32, device ?? CPU);
            var network = new ConvolutionalEncoder(config);
            using var source = WeightsSource.Open(Path.Combine(folder, "model.safetensors"));
            StateDictionaryLoader.Load(network, source);
            return network;
        }
        catch (NotSupportedException e)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Raw output for pictures of any size, N × <see cref="ConvolutionalEncoderConfig.OutputWidth"/>.</summary>
    internal static Tensor Output(ConvolutionalEncoder network, Tensor pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return network.forward(Resized(network, pictures)).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures at the network's size; differentiable.</summary>
    internal static Tensor Resized(ConvolutionalEncoder network, Tensor pictures)
    {
        long side = network.Config.SampleSize;
        return pictures.shape[2] == side && pictures.shape[3] == side
            ? pictures.alias()
            : functional.interpolate(pictures, [side, side], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true);
    }
}
