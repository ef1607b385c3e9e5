using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Training;

namespace StyleProtect.Runtime.Memory;

/// <summary>What of a model decides how much memory it needs.</summary>
/// <param name="Denoiser">The U-Net's configuration; null for autoencoders alone.</param>
/// <param name="Autoencoders">The autoencoders' configurations, at least one.</param>
/// <param name="Parameters">Weights of all parts.</param>
internal sealed record ModelFootprint(UNet2DConditionConfig? Denoiser, IReadOnlyList<IAutoencoderConfig> Autoencoders, long Parameters)
{
    /// <summary>The U-Net's configuration.</summary>
    /// <exception cref="InvalidOperationException">There is no U-Net.</exception>
    internal UNet2DConditionConfig UNet => Denoiser ?? throw new InvalidOperationException("This model has no U-Net.");

    /// <summary>The model's own autoencoder, or the first one of an ensemble.</summary>
    internal IAutoencoderConfig Autoencoder => Autoencoders[0];

    /// <summary>Side of the pictures that the model was trained on, in pixels.</summary>
    internal int PictureSize => Denoiser is { } unet ? unet.SampleSize * Autoencoder.Downsampling() : Autoencoder.SampleSize;

    /// <summary>What the sides of a view must be a multiple of.</summary>
    internal int SizeStep =>
        LatentDiffusionModel.CommonMultiple(Autoencoders.Select(a => a.Downsampling())) << (Denoiser is { } unet ? unet.BlockOutChannels.Count - 1 : 0);

    /// <summary>Weights of the U-Net.</summary>
    internal long UNetParameters { get; init; }

    /// <summary>Weights of adapters on the U-Net's attention, for each rank.</summary>
    internal long AdapterParameters { get; init; }

    /// <summary>From configurations and the headers of the weights.</summary>
    /// <param name="sources">The model, or the models whose autoencoders are an ensemble.</param>
    internal static ModelFootprint Of(IReadOnlyList<ModelSource> sources)
    {
        IReadOnlyList<IAutoencoderConfig> autoencoders = [.. sources.Select(LatentDiffusionLoader.AutoencoderOf)];
        var parameters = ModelInspector.ParametersOf(sources);
        if (ModelInspector.UNetProblem(sources) is not null) return new ModelFootprint(null, autoencoders, parameters);
        using var unet = LatentDiffusionLoader.UNetShapes(sources[0]);
        return new ModelFootprint(sources[0].ConfigOf<UNet2DConditionConfig>("unet"), autoencoders, parameters).With(unet);
    }

    internal static ModelFootprint Of(LatentDiffusionModel model)
    {
        var footprint = new ModelFootprint(model.HasUNet ? model.UNet.Config : null, [.. model.Autoencoders.Select(a => a.Network.Config)],
            model.Networks.Sum(m => m.parameters().Sum(p => p.numel())));
        return model.HasUNet ? footprint.With(model.UNet) : footprint;
    }

    private ModelFootprint With(UNet2DConditionModel unet) => this with
    {
        UNetParameters = unet.parameters().Sum(p => p.numel()),
        AdapterParameters = LoraLayers.Of("unet", unet).Where(l => TrainedLora.IsAttention(l.Key)).Sum(l => l.Value.Weight.shape[0] + l.Value.Weight.shape[1]),
    };
}
