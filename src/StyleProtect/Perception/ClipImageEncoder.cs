using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>
/// CLIP's vision half as an encoder (Radford et al. 2021), or with the heads of CSD (Somepalli et al. 2024), which read the class token before the projection:
/// a model's <c>config.json</c> beside <c>model.safetensors</c>.
/// </summary>
internal sealed class ClipImageEncoder : IImageEncoder, IStyleFeatures
{
    internal const string StyleHead = "last_layer_style";
    internal const string ContentHead = "last_layer_content";

    private readonly ClipVisionModel _model;
    private readonly ClipPreprocessing _preprocessing;
    private readonly Tensor? _head;

    private ClipImageEncoder(ClipVisionModel model, ClipPreprocessing preprocessing, Tensor? head, string name, int width) =>
        (_model, _preprocessing, _head, Name, Width) = (model, preprocessing, head, name, width);

    public string Name { get; }

    public int Width { get; }

    /// <summary>Whether a configuration is one of CLIP.</summary>
    internal static bool Is(JsonElement config) =>
        config.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "clip" or "clip_vision_model";

    /// <exception cref="CheckpointException">A file is missing or does not fit, or the head that is asked for is not there.</exception>
    internal static ClipImageEncoder Open(string folder, string configPath, JsonElement json, EncoderHead head, Device? device = null)
    {
        var config = ReadConfig(configPath, json);
        var path = WeightsFile.Find(folder, variant: null);
        using var source = WeightsFile.Open(path);
        var key = HeadKey(head, source);
        using var weights = WeightFactory.Use(ScalarType.Float32, device ?? CPU);
        var model = new ClipVisionModel(config, withProjection: key is null);
        ClipWeights.Load(model, source);
        var preprocessing = ClipPreprocessing.Of(folder, config.ImageSize);
        var size = $"ViT {config.HiddenSize} × {config.NumHiddenLayers}, patches of {config.PatchSize}";
        if (key is null) return new ClipImageEncoder(model, preprocessing, null, $"CLIP {size}", config.ProjectionDim);
        var matrix = source.Read(key).to(float32).to(device ?? CPU);
        if (matrix.dim() != 2 || matrix.shape[0] != config.HiddenSize)
            throw new CheckpointException($"{source.Name}: '{key}' is [{string.Join(", ", matrix.shape)}]; [{config.HiddenSize}, width] is expected.");
        return new ClipImageEncoder(
            model, preprocessing, matrix.DetachFromDisposeScope(), $"CSD {(key == StyleHead ? "style" : "content")}, {size}", (int)matrix.shape[1]);
    }

    public Tensor Encode(Tensor pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return Embedded(_preprocessing.Apply(pictures)).MoveToOuterDisposeScope();
    }

    public Tensor Features(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Embedded(_preprocessing.ApplySmoothly(pictures)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _head?.Dispose();
        _model.Dispose();
    }

    private Tensor Embedded(Tensor prepared)
    {
        var (pooled, embeds, _) = _model.Forward(prepared);
        return functional.normalize(_head is null ? embeds! : matmul(pooled, _head), p: 2, dim: 1);
    }

    private static string? HeadKey(EncoderHead head, WeightsSource source)
    {
        var key = head == EncoderHead.Content ? ContentHead : StyleHead;
        if (source.Contains(key)) return key;
        return head == EncoderHead.Usual
            ? null
            : throw new CheckpointException(
                $"{source.Name} has no '{key}': it is not a CSD model. CSD's checkpoint has it (github.com/learn2phoenix/CSD); save its model_state_dict " +
                "as safetensors, without the leading 'module.'.");
    }

    /// <summary>A whole CLIP model keeps the vision half's fields in <c>vision_config</c> and the projection's width beside it.</summary>
    private static ClipVisionConfig ReadConfig(string path, JsonElement json)
    {
        try
        {
            var nested = json.TryGetProperty("vision_config", out var vision);
            var config = DiffusersConfig.Parse<ClipVisionConfig>((nested ? vision : json).GetRawText(), path);
            if (nested && json.TryGetProperty("projection_dim", out var width) && width.TryGetInt32(out var value))
                config = config with { ProjectionDim = value };
            config.Validate();
            return config;
        }
        catch (NotSupportedException e)
        {
            throw new CheckpointException($"{path}: {e.Message}", e);
        }
    }
}
