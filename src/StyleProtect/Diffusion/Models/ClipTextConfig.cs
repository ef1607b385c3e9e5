using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Models;

/// <summary>The fields of a transformers <c>CLIPTextConfig</c>, with transformers' defaults: a field with its default is not written into a file.</summary>
internal sealed record ClipTextConfig
{
    private const long MostParameters = 20_000_000_000;

    /// <summary>Number of tokens.</summary>
    public int VocabSize { get; init; } = 49408;

    /// <summary>Width.</summary>
    public int HiddenSize { get; init; } = 512;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 2048;

    /// <summary>Layers.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Attention heads.</summary>
    public int NumAttentionHeads { get; init; } = 8;

    /// <summary>Longest prompt in tokens.</summary>
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary><c>quick_gelu</c> or <c>gelu</c>.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>The end token; 2 is an old default that means "the largest token in the prompt".</summary>
    public int EosTokenId { get; init; } = 49407;

    /// <summary>Width of the projected embedding (models with projection).</summary>
    public int ProjectionDim { get; init; } = 512;

    /// <summary>The text encoder of Stable Diffusion 1.x: OpenAI's CLIP ViT-L/14.</summary>
    internal static ClipTextConfig VitL { get; } = new() { HiddenSize = 768, IntermediateSize = 3072, NumAttentionHeads = 12 };

    /// <summary>Reads a text encoder's <c>config.json</c>: CLIPTextConfig, or the text half of a whole CLIP model's CLIPConfig.</summary>
    /// <exception cref="CheckpointException">It is missing, of another model, or a field is out of range; the message names it.</exception>
    internal static ClipTextConfig Read(string path)
    {
        var text = DiffusersConfig.ReadText(path);
        var fields = DiffusersConfig.Parse<Dictionary<string, JsonElement>>(text, path);
        if (ForeignClass(fields) is { } foreign)
            throw new CheckpointException(
                $"{path}: the text encoder is a {SafetensorsHeader.Shown(foreign)}; supported are CLIP's (Stable Diffusion 1.x, 2.x and XL have them).");
        var half = fields.TryGetValue("text_config", out var nested) && nested.ValueKind == JsonValueKind.Object;
        var config = DiffusersConfig.Parse<ClipTextConfig>(half ? nested.GetRawText() : text, half ? $"{path}, text_config" : path);
        // The whole model projects both halves to the width that it names itself.
        if (half && fields.TryGetValue("projection_dim", out var width) && width.TryGetInt32(out var dim)) config = config with { ProjectionDim = dim };
        config.Validate(path);
        return config;
    }

    /// <summary>Checks ranges before anything is built.</summary>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="CheckpointException">A field is out of range; the message names it.</exception>
    internal void Validate(string source)
    {
        Check(VocabSize, "vocab_size", 1_000_000);
        Check(HiddenSize, "hidden_size", 16_384);
        Check(IntermediateSize, "intermediate_size", 65_536);
        Check(NumHiddenLayers, "num_hidden_layers", 128);
        Check(NumAttentionHeads, "num_attention_heads", 256);
        Check(MaxPositionEmbeddings, "max_position_embeddings", 65_536);
        Check(ProjectionDim, "projection_dim", 16_384);
        var layer = 4L * HiddenSize * HiddenSize + 2L * HiddenSize * IntermediateSize;
        var parameters = ((long)VocabSize + MaxPositionEmbeddings) * HiddenSize + NumHiddenLayers * layer;
        if (parameters > MostParameters)
            throw new CheckpointException(
                FormattableString.Invariant($"{source}: it describes {parameters:N0} parameters, more than {MostParameters:N0}. ") +
                "One of its numbers must be wrong.");
        if (HiddenSize % NumAttentionHeads != 0)
            throw new CheckpointException($"{source}: hidden_size {HiddenSize} cannot be split into num_attention_heads = {NumAttentionHeads} heads.");
        if (!(LayerNormEps is > 0 and < 1))
            throw new CheckpointException(FormattableString.Invariant($"{source}: layer_norm_eps is {LayerNormEps}; it must be above 0 and below 1."));
        if (HiddenAct is not ("quick_gelu" or "gelu"))
            throw new CheckpointException($"{source}: hidden_act is '{SafetensorsHeader.Shown(HiddenAct)}'; quick_gelu and gelu are supported.");

        void Check(int value, string field, int most)
        {
            if (value < 1 || value > most) throw new CheckpointException($"{source}: {field} is {value}; it must be 1 to {most}.");
        }
    }

    /// <summary>The class or kind that the file names when it is not CLIP's.</summary>
    private static string? ForeignClass(Dictionary<string, JsonElement> fields)
    {
        if (fields.TryGetValue("architectures", out var classes) && classes.ValueKind == JsonValueKind.Array)
            foreach (var name in classes.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.String).Select(c => c.GetString()!))
                if (!name.StartsWith("CLIP", StringComparison.Ordinal) || name.StartsWith("CLIPVision", StringComparison.Ordinal)) return name;
        return fields.TryGetValue("model_type", out var kind) && kind.ValueKind == JsonValueKind.String &&
            kind.GetString() is { } type && type is not ("clip" or "clip_text_model") ? type : null;
    }
}
