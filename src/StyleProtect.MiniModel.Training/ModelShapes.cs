using StyleProtect.Diffusion.Models;

namespace StyleProtect.MiniModel.Training;

/// <summary>The embedded model's architecture: Stable Diffusion 1.x's topology, narrow. All widths are multiples of 32.</summary>
internal static class ModelShapes
{
    internal const int PictureSize = 64;
    internal const int TextWidth = 128;

    internal static AutoencoderKLConfig Autoencoder { get; } = new()
    {
        BlockOutChannels = [32, 64, 128, 128],
        LayersPerBlock = 1,
        LatentChannels = 16,
        SampleSize = PictureSize,
        ScalingFactor = 1,
    };

    internal static UNet2DConditionConfig UNet { get; } = new()
    {
        SampleSize = PictureSize / 8,
        InChannels = 16,
        OutChannels = 16,
        BlockOutChannels = [64, 96, 128, 128],
        AttentionHeadDim = [4],
        CrossAttentionDim = TextWidth,
    };

    internal static ClipTextConfig Text(int vocabulary, int maxLength, int endToken) => new()
    {
        VocabSize = vocabulary,
        HiddenSize = TextWidth,
        IntermediateSize = 4 * TextWidth,
        NumHiddenLayers = 2,
        NumAttentionHeads = 4,
        MaxPositionEmbeddings = maxLength,
        EosTokenId = endToken,
        ProjectionDim = TextWidth,
    };
}
