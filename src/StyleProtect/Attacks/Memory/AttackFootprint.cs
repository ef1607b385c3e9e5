using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Training;
using StyleProtect.Runtime.Memory;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Memory;

/// <summary>What of a model decides how much memory an attack on it needs.</summary>
/// <param name="Model">The U-Net, the autoencoder and the number of all weights.</param>
/// <param name="Text">The text encoder that can be trained.</param>
internal sealed record AttackFootprint(ModelFootprint Model, ClipTextConfig Text)
{
    /// <summary>Weights of the text encoder.</summary>
    internal required long TextParameters { get; init; }

    /// <summary>K and V of the cross-attention layers.</summary>
    internal required long KeyValueParameters { get; init; }

    /// <summary>Weights for each rank of adapters on the U-Net's attention.</summary>
    internal required long AttentionAdapters { get; init; }

    /// <summary>Weights for each rank of adapters on the U-Net's convolutions.</summary>
    internal required long ConvolutionAdapters { get; init; }

    /// <summary>Weights for each rank of adapters on the text encoder's attention.</summary>
    internal required long TextAdapters { get; init; }

    /// <summary>From a loaded model.</summary>
    internal static AttackFootprint Of(LatentDiffusionModel model) => Of(ModelFootprint.Of(model), model.UNet, model.TextEncoder);

    /// <summary>From configurations and the headers of the weights, without loading the model.</summary>
    internal static AttackFootprint Of(ModelSource source)
    {
        using var unet = LatentDiffusionLoader.UNetShapes(source);
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var text = new ClipTextModel(source.TextConfigOf("text_encoder"), false);
        return Of(ModelFootprint.Of([source]), unet, text);
    }

    /// <summary>Trained numbers of an attack.</summary>
    internal long Trained(AttackOptions options) => options.Kind switch
    {
        AttackKind.None => 0,
        AttackKind.DreamBooth => Model.UNetParameters + (options.TrainTextEncoder ? TextParameters : 0),
        AttackKind.CustomDiffusion => KeyValueParameters + (options.TrainTextEncoder ? TextParameters : 0),
        AttackKind.LoRA => options.LoraRank *
            (AttentionAdapters + (options.LoraConvolutions ? ConvolutionAdapters : 0) + (options.TrainTextEncoder ? TextAdapters : 0)),
        _ => Text.HiddenSize,
    };

    private static AttackFootprint Of(ModelFootprint model, UNet2DConditionModel unet, ClipTextModel text) => new(model, text.Config)
    {
        TextParameters = text.parameters().Sum(p => p.numel()),
        KeyValueParameters = unet.CrossAttentionLayers().Sum(l => l.Attention.Key.Weight.numel() + l.Attention.Value.Weight.numel()),
        AttentionAdapters = Adapters("unet", unet, TrainedLora.AttentionTargets),
        ConvolutionAdapters = Adapters("unet", unet, TrainedLora.ConvolutionTargets),
        TextAdapters = Adapters("text_encoder", text, TrainedLora.TextTargets),
    };

    /// <summary>Down is [r, in, k, k], up is [out, r, 1, 1].</summary>
    private static long Adapters(string part, nn.Module module, IReadOnlyList<string> targets) => LoraLayers.Of(part, module)
        .Where(l => targets.Any(t => l.Key.EndsWith("." + t, StringComparison.Ordinal)))
        .Sum(l => l.Value.Weight.shape[0] + (l.Value.Weight.numel() / l.Value.Weight.shape[0]));
}
