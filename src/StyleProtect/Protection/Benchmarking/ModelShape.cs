using StyleProtect.Diffusion.Models;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>The shape of a model without its weights.</summary>
/// <param name="Name">Its name on the command line.</param>
internal sealed record ModelShape(string Name, UNet2DConditionConfig UNet, AutoencoderKLConfig Autoencoder, ClipTextConfig Text)
{
    /// <summary>Stable Diffusion 1.5: 860 million weights in the U-Net, pictures of 512 × 512.</summary>
    internal static ModelShape StableDiffusion15 { get; } = new("sd15", new(), new(), new());

    /// <summary>A fifth of its widths, pictures of 256 × 256.</summary>
    internal static ModelShape Middle { get; } = Of("middle", 32, [64, 128, 256, 256], [64, 64, 128, 128], 256, 32);

    /// <summary>
    /// As small as it can be with four levels in the U-Net, pictures of 64 × 64. Few groups: a norm over two values at the bottom would throw gradients about.
    /// </summary>
    internal static ModelShape Tiny { get; } = Of("tiny", 8, [32, 32, 64, 64], [32, 32, 32, 32], 64, 4);

    internal static IReadOnlyList<ModelShape> All { get; } = [StableDiffusion15, Middle, Tiny];

    private static ModelShape Of(string name, int latent, int[] unet, int[] autoencoder, int text, int groups) => new(
        name,
        new UNet2DConditionConfig { SampleSize = latent, BlockOutChannels = unet, CrossAttentionDim = text, NormNumGroups = groups },
        new AutoencoderKLConfig { BlockOutChannels = autoencoder, SampleSize = 8 * latent, NormNumGroups = groups },
        new ClipTextConfig
        {
            VocabSize = 8,
            HiddenSize = text,
            IntermediateSize = 4 * text,
            NumHiddenLayers = 2,
            NumAttentionHeads = 4,
            EosTokenId = 1,
            ProjectionDim = text
        });
}
