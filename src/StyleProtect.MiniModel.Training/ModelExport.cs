using System.Text.Json;
using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>Writes the trained model as a folder in diffusers layout, weights in fp16.</summary>
internal static class ModelExport
{
    private const string Weights = "diffusion_pytorch_model";
    internal static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="folder">The folder to write.</param>
    /// <param name="trainedAutoencoder">The trained autoencoder.</param>
    /// <param name="mean">Latents' mean by channel, [1, C, 1, 1].</param>
    /// <param name="deviation">Latents' deviation by channel, [1, C, 1, 1].</param>
    /// <param name="trained">The trained U-Net and text encoder, below <c>unet.</c> and <c>text_encoder.</c>.</param>
    /// <param name="vocabulary">Words of the text encoder.</param>
    internal static void Write(string folder, TrainedModule trainedAutoencoder, Tensor mean, Tensor deviation, TrainedModule trained, Vocabulary vocabulary)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> autoencoder = trainedAutoencoder.AveragedWeights(), both = trained.AveragedWeights();
        Normalise(autoencoder, mean.flatten(), deviation.flatten());
        Part(
            folder, "vae", "AutoencoderKL", JsonSerializer.SerializeToNode(ModelShapes.Autoencoder, Options)!, autoencoder, Weights,
            trainedAutoencoder.Pictures);
        Part(folder, "unet", "UNet2DConditionModel", UNetConfig(), Below(both, "unet."), Weights, trained.Pictures);
        Part(folder, "text_encoder", null, TextConfig(vocabulary), Below(both, "text_encoder."), "model", trained.Pictures);
        TokenizerFiles.Write(Path.Combine(folder, "tokenizer"), vocabulary);
        Json(Path.Combine(folder, "scheduler", "scheduler_config.json"), new JsonObject
        {
            ["_class_name"] = "DDIMScheduler",
            ["num_train_timesteps"] = UNetTraining.Scheduler.NumTrainTimesteps,
            ["beta_start"] = UNetTraining.Scheduler.BetaStart,
            ["beta_end"] = UNetTraining.Scheduler.BetaEnd,
            ["beta_schedule"] = "scaled_linear",
            ["prediction_type"] = "v_prediction",
            ["clip_sample"] = false,
            ["set_alpha_to_one"] = false,
            ["steps_offset"] = 1,
        });
        Json(Path.Combine(folder, ModelIndex.FileName), new JsonObject
        {
            ["_class_name"] = "StableDiffusionPipeline",
            ["_diffusers_version"] = "0.32.2",
            ["scheduler"] = new JsonArray("diffusers", "DDIMScheduler"),
            ["text_encoder"] = new JsonArray("transformers", "CLIPTextModel"),
            ["tokenizer"] = new JsonArray("styleprotect", "WordLevelTokenizer"),
            ["unet"] = new JsonArray("diffusers", "UNet2DConditionModel"),
            ["vae"] = new JsonArray("diffusers", "AutoencoderKL"),
            ["safety_checker"] = new JsonArray(null, null),
            ["feature_extractor"] = new JsonArray(null, null),
        });
    }

    /// <summary>
    /// Gives the latents mean 0 and deviation 1 by channel. diffusers' configuration has one factor for all channels, so the normalisation goes into the
    /// 1 × 1 convolutions behind the encoder and before the decoder: exact, and every reader gets it right.
    /// </summary>
    private static void Normalise(Dictionary<string, Tensor> weights, Tensor mean, Tensor deviation)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var channels = mean.shape[0];
        Tensor w = weights["quant_conv.weight"], b = weights["quant_conv.bias"];
        w.narrow(0, 0, channels).div_(deviation.view(-1, 1, 1, 1));
        b.narrow(0, 0, channels).sub_(mean).div_(deviation);
        b.narrow(0, channels, channels).sub_(deviation.log().Mul(2));
        Tensor post = weights["post_quant_conv.weight"], postBias = weights["post_quant_conv.bias"];
        postBias.Add_(matmul(post.squeeze(3).squeeze(2), mean));
        post.mul_(deviation.view(1, -1, 1, 1));
    }

    /// <summary>Where an exported model has the weights of its autoencoder or U-Net.</summary>
    internal static string WeightsOf(string folder, string part) => Path.Combine(folder, part, Weights + ".safetensors");

    /// <summary>Writes one network: its configuration and its weights in fp16, which say how many pictures they learned from.</summary>
    internal static void Part(string folder, string name, string? className, JsonNode config, Dictionary<string, Tensor> weights, string file, long? pictures)
    {
        using var frozen = no_grad();
        if (className is not null) config.AsObject().Insert(0, "_class_name", className);
        Json(Path.Combine(folder, name, "config.json"), config);
        using var scope = NewDisposeScope();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
        TrainedModule.AddPictures(metadata, pictures);
        SafetensorsWriter.Write(
            Path.Combine(folder, name, file + ".safetensors"), weights.ToDictionary(x => x.Key, x => x.Value.to(ScalarType.Float16), StringComparer.Ordinal),
            metadata);
    }

    private static JsonObject UNetConfig()
    {
        var config = JsonSerializer.SerializeToNode(ModelShapes.UNet, Options)!.AsObject();
        foreach (var key in config.Where(c => c.Value is null).Select(c => c.Key).ToArray()) config.Remove(key);
        return config;
    }

    private static JsonObject TextConfig(Vocabulary vocabulary)
    {
        var config = JsonSerializer.SerializeToNode(ModelShapes.Text(vocabulary.Count, Vocabulary.MaxLength, vocabulary.EndId), Options)!.AsObject();
        config["architectures"] = new JsonArray("CLIPTextModel");
        config["model_type"] = "clip_text_model";
        config["bos_token_id"] = vocabulary.StartId;
        config["pad_token_id"] = vocabulary.EndId;
        return config;
    }

    private static Dictionary<string, Tensor> Below(Dictionary<string, Tensor> weights, string prefix) =>
        weights.Where(w => w.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(w => w.Key[prefix.Length..], w => w.Value, StringComparer.Ordinal);

    private static void Json(string path, JsonNode content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, content.ToJsonString(Options) + "\n");
    }
}
