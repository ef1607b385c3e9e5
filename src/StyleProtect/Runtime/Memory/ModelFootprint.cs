using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Training;
using static TorchSharp.torch.nn;

namespace StyleProtect.Runtime.Memory;

/// <summary>What of a model decides how much memory it needs.</summary>
/// <param name="UNet">The U-Net's configuration.</param>
/// <param name="Autoencoder">The autoencoder's configuration.</param>
/// <param name="Parameters">Weights of all parts.</param>
internal sealed record ModelFootprint(UNet2DConditionConfig UNet, AutoencoderKLConfig Autoencoder, long Parameters)
{
    /// <summary>Side of the pictures that the model was trained on, in pixels.</summary>
    internal int PictureSize => UNet.SampleSize * Autoencoder.Downsampling();

    /// <summary>What the sides of a view must be a multiple of.</summary>
    internal int SizeStep => Autoencoder.Downsampling() << (UNet.BlockOutChannels.Count - 1);

    /// <summary>Weights of the U-Net.</summary>
    internal long UNetParameters { get; init; }

    /// <summary>Weights of adapters on the U-Net's attention, for each rank.</summary>
    internal long AdapterParameters { get; init; }

    /// <summary>From configurations and the headers of the weights.</summary>
    internal static ModelFootprint Of(ModelFolder folder)
    {
        using var unet = LatentDiffusionLoader.UNetShapes(folder);
        return new ModelFootprint(folder.ConfigOf<UNet2DConditionConfig>("unet"), folder.ConfigOf<AutoencoderKLConfig>("vae"),
            ModelInspector.ParametersOf(folder)).With(unet);
    }

    internal static ModelFootprint Of(LatentDiffusionModel model) => new ModelFootprint(
        model.UNet.Config, model.Autoencoder.Config,
        new Module[] { model.UNet, model.Autoencoder, model.TextEncoder }.Sum(m => m.parameters().Sum(p => p.numel()))).With(model.UNet);

    private ModelFootprint With(UNet2DConditionModel unet) => this with
    {
        UNetParameters = unet.parameters().Sum(p => p.numel()),
        AdapterParameters = LoraLayers.Of("unet", unet).Where(l => TrainedLora.IsAttention(l.Key)).Sum(l => l.Value.Weight.shape[0] + l.Value.Weight.shape[1]),
    };
}
