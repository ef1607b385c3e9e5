using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>The published models in the original layout, with the shapes that diffusers' configurations describe.</summary>
internal static class PublishedModels
{
    internal static UNet2DConditionConfig First { get; } = new() { SampleSize = 64 };

    internal static UNet2DConditionConfig Second { get; } = new()
    {
        SampleSize = 96,
        CrossAttentionDim = 1024,
        AttentionHeadDim = [5, 10, 20, 20],
        UseLinearProjection = true,
    };

    internal static UNet2DConditionConfig Xl { get; } = new()
    {
        SampleSize = 128,
        DownBlockTypes = ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        UpBlockTypes = ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        BlockOutChannels = [320, 640, 1280],
        TransformerLayersPerBlock = [1, 2, 10],
        AttentionHeadDim = [5, 10, 20],
        CrossAttentionDim = 2048,
        UseLinearProjection = true,
        AdditionEmbedType = "text_time",
        AdditionTimeEmbedDim = 256,
        ProjectionClassEmbeddingsInputDim = 2816,
    };

    internal static ClipTextConfig ClipL { get; } = ClipTextConfig.VitL with { ProjectionDim = 768 };

    internal static ClipTextConfig ClipH { get; } = new()
    {
        HiddenSize = 1024,
        IntermediateSize = 4096,
        NumHiddenLayers = 23,
        NumAttentionHeads = 16,
        HiddenAct = "gelu",
        ProjectionDim = 1024,
    };

    internal static ClipTextConfig ClipBigG { get; } = new()
    {
        HiddenSize = 1280,
        IntermediateSize = 5120,
        NumHiddenLayers = 32,
        NumAttentionHeads = 20,
        HiddenAct = "gelu",
        ProjectionDim = 1280,
    };

    internal static AutoencoderKLConfig Autoencoder { get; } = new();

    internal static HeaderFile StableDiffusion1()
    {
        var file = new HeaderFile();
        AddUNet(file, First);
        AddAutoencoder(file, Autoencoder, "first_stage_model.");
        foreach (var (name, shape) in Shapes(() => new ClipTextModel(ClipL))) file.Add("cond_stage_model.transformer." + name, shape);
        return file.Add("cond_stage_model.transformer.text_model.embeddings.position_ids", "I64", [1, 77]).Add("alphas_cumprod", "F32", [1000])
            .Add("betas", "F32", [1000]);
    }

    internal static HeaderFile StableDiffusion2()
    {
        var file = new HeaderFile();
        AddUNet(file, Second);
        AddAutoencoder(file, Autoencoder, "first_stage_model.");
        AddOpenClip(file, ClipH with { NumHiddenLayers = 24 }, "cond_stage_model.model.");
        return file;
    }

    internal static HeaderFile StableDiffusionXl()
    {
        var file = new HeaderFile();
        AddUNet(file, Xl);
        AddAutoencoder(file, Autoencoder, "first_stage_model.");
        foreach (var (name, shape) in Shapes(() => new ClipTextModel(ClipL))) file.Add("conditioner.embedders.0.transformer." + name, shape);
        AddOpenClip(file, ClipBigG, "conditioner.embedders.1.model.");
        return file;
    }

    internal static void AddUNet(HeaderFile file, UNet2DConditionConfig config, string prefix = "model.diffusion_model.")
    {
        foreach (var (name, shape) in Shapes(() => new UNet2DConditionModel(config))) file.Add(prefix + OriginalLayout.UNet(name, config), shape);
    }

    internal static HeaderFile AddAutoencoder(HeaderFile file, AutoencoderKLConfig config, string prefix)
    {
        foreach (var (name, shape) in Shapes(() => new AutoencoderKL(config)))
            file.Add(
                prefix + OriginalLayout.Autoencoder(name, config.BlockOutChannels.Count),
                name.Contains(".attentions.", StringComparison.Ordinal) && shape.Length == 2 ? [.. shape, 1, 1] : shape);
        return file;
    }

    /// <summary>The shapes of a module, by diffusers' names, from the meta device.</summary>
    internal static List<(string Name, long[] Shape)> Shapes(Func<nn.Module> create)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        using var module = create();
        return [.. module.named_parameters().Select(p => (p.name, p.parameter.shape))];
    }

    private static void AddOpenClip(HeaderFile file, ClipTextConfig config, string prefix)
    {
        foreach (var (name, shape) in Shapes(() => new ClipTextModel(config, withProjection: true)))
        {
            var key = OriginalLayout.OpenClip(name);
            long[] stored = key.Contains("in_proj_", StringComparison.Ordinal) ? [3 * shape[0], .. shape[1..]]
                : key == "text_projection" ? [shape[1], shape[0]]
                : shape;
            file.Add(prefix + key, stored);
        }

        file.Add(prefix + "logit_scale");
    }
}
