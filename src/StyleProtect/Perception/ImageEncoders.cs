using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;

namespace StyleProtect.Perception;

/// <summary>Opens image encoders.</summary>
public static class ImageEncoders
{
    /// <summary>Folder of a model's classifiers and style encoder. Published models call it so; another name would only move their weights.</summary>
    private const string Classifiers = "judges";

    /// <summary>Where a model folder of this project keeps its style encoder.</summary>
    /// <param name="modelFolder">The model's folder.</param>
    public static string StyleEncoderOf(string modelFolder) => Path.Combine(modelFolder, Classifiers, "style-encoder");

    /// <summary>
    /// Opens an encoder: <c>config.json</c> beside <c>model.safetensors</c> (or its shards). Encoders that this project trained, CLIP models in transformers'
    /// layout (whole ones, or the vision half), and CSD: such a CLIP configuration with a checkpoint that also has <c>last_layer_style</c> and
    /// <c>last_layer_content</c>, under transformers' names or its own (<c>backbone.…</c>).
    /// </summary>
    /// <param name="folder">The encoder's folder.</param>
    /// <param name="head">The output that is taken.</param>
    /// <exception cref="CheckpointException">The folder is missing, damaged, of another kind, or has no such head.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    public static IImageEncoder Open(string folder, EncoderHead head = EncoderHead.Usual)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        TorchRuntime.EnsureLoaded();
        var path = Path.Combine(folder, "config.json");
        using var config = Parse(path);
        if (ClipImageEncoder.Is(config.RootElement)) return ClipImageEncoder.Open(folder, path, config.RootElement, head);
        if (config.RootElement.TryGetProperty("model_type", out var type))
            throw new CheckpointException($"{path}: encoders of the kind '{type}' are not supported; 'clip' and 'clip_vision_model' are.");
        return head == EncoderHead.Usual
            ? ConvolutionalImageEncoder.Open(folder)
            : throw new CheckpointException($"{folder}: only CSD models have a {head} head.");
    }

    /// <summary>Where a model folder of this project keeps its style classifier.</summary>
    internal static string StyleClassifierOf(string modelFolder) => Path.Combine(modelFolder, Classifiers, "style");

    /// <summary>Opens an encoder, or a classifier of this project, with outputs that can be differentiated with respect to the pictures.</summary>
    /// <exception cref="CheckpointException">The folder is missing, damaged or of another kind.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    internal static IStyleFeatures OpenFeatures(string folder, TorchSharp.torch.Device device)
    {
        var path = Path.Combine(folder, "config.json");
        using var config = Parse(path);
        return ClipImageEncoder.Is(config.RootElement)
            ? ClipImageEncoder.Open(folder, path, config.RootElement, EncoderHead.Usual, device)
            : new ConvolutionalFeatures(folder, device);
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            var document = JsonDocument.Parse(DiffusersConfig.ReadText(path), new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new CheckpointException($"{path} is no JSON object.");
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{path} is not valid JSON: {e.Message}", e);
        }
    }
}
