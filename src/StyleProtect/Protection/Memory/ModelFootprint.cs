using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Protection.Memory;

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

    /// <summary>From configurations and the headers of the weights.</summary>
    internal static ModelFootprint Of(ModelFolder folder) =>
        new(folder.ConfigOf<UNet2DConditionConfig>("unet"), folder.ConfigOf<AutoencoderKLConfig>("vae"), ModelInspector.ParametersOf(folder));

    internal static ModelFootprint Of(LatentDiffusionModel model) => new(
        model.UNet.Config, model.Autoencoder.Config,
        new TorchSharp.torch.nn.Module[] { model.UNet, model.Autoencoder, model.TextEncoder }.Sum(m => m.parameters().Sum(p => p.numel())));
}
