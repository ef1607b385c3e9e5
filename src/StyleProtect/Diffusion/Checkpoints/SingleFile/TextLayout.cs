using StyleProtect.Diffusion.Models;

namespace StyleProtect.Diffusion.Checkpoints.SingleFile;

/// <summary>
/// A CLIP text encoder with transformers' names (with or without <c>text_model.</c>) or OpenCLIP's: its configuration from shapes, and transformers' name of
/// each key.
/// </summary>
internal static class TextLayout
{
    private const int HeadWidth = 64;
    private const string Model = "text_model.";

    internal static bool IsTransformers(KeySet keys) => keys.Has(Prefix(keys) + "embeddings.token_embedding.weight");

    internal static bool IsOpenClip(KeySet keys) => keys.Has("token_embedding.weight") && keys.HasAny("transformer.resblocks.0.");

    /// <summary>
    /// What shapes say: heads are 64 wide in all of these models; OpenAI's (width 768) have the activation quick_gelu, OpenCLIP's gelu.
    /// </summary>
    /// <param name="penultimate">
    /// Whether the diffusion model reads the last layer but one through the final norm, as Stable Diffusion 2.x: the last layer is then left out, as in
    /// diffusers.
    /// </param>
    /// <exception cref="CheckpointException">The encoder is incomplete.</exception>
    internal static ClipTextConfig Infer(KeySet keys, bool penultimate)
    {
        var open = IsOpenClip(keys);
        var prefix = open ? "" : Prefix(keys);
        var tokens = open ? "token_embedding.weight" : prefix + "embeddings.token_embedding.weight";
        int vocabulary = keys.Size(tokens, 0, 2), width = keys.Size(tokens, 1, 2);
        string Layer(int n) => open ? $"transformer.resblocks.{n}.mlp.c_fc.weight" : $"{prefix}encoder.layers.{n}.mlp.fc1.weight";
        var layers = keys.CountNumbered(Layer);
        if (layers < 2) throw new CheckpointException($"{keys.Path}: the text encoder at '{keys.Prefix}' has {layers} layers: the file is incomplete.");
        var transposed = open && keys.Has("text_projection");
        var projection = transposed ? "text_projection" : "text_projection.weight";
        return new ClipTextConfig
        {
            VocabSize = vocabulary,
            HiddenSize = width,
            IntermediateSize = keys.Size(Layer(0), 0, 2),
            NumHiddenLayers = LayersUsed(layers, open && penultimate),
            NumAttentionHeads = width % HeadWidth == 0
                ? width / HeadWidth
                : throw new CheckpointException($"{keys.Path}: the text encoder at '{keys.Prefix}' is {width} wide, which has no heads of {HeadWidth}."),
            MaxPositionEmbeddings = keys.Size(open ? "positional_embedding" : prefix + "embeddings.position_embedding.weight", 0, 2),
            HiddenAct = open || width > 768 ? "gelu" : "quick_gelu",
            // The end is the last word of CLIP's own vocabulary; words that were added stand behind it.
            EosTokenId = Math.Min(vocabulary, new ClipTextConfig().VocabSize) - 1,
            ProjectionDim = keys.Has(projection) ? keys.Size(projection, transposed ? 1 : 0, 2) : width,
        };
    }

    /// <summary>transformers' names of the keys.</summary>
    /// <param name="withProjection">Whether the model projects the pooled state (the second encoder of Stable Diffusion XL).</param>
    internal static PartKeys Map(KeySet keys, ClipTextConfig config, bool withProjection)
    {
        if (!IsOpenClip(keys))
        {
            var prefix = Prefix(keys);
            return PartKeys.Of(
                keys,
                key => (prefix.Length == 0 && !IsProjection(key) ? Model + key : key, WeightForm.AsStored),
                key => key.EndsWith("embeddings.position_ids", StringComparison.Ordinal) || key is "logit_scale" ||
                    (!withProjection && IsProjection(key)));
        }

        var weights = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        var unused = new List<string>();
        foreach (var key in keys.Keys)
        {
            var full = keys.Prefix + key;
            var names = OpenClipNames(key);
            if (key is "logit_scale" or "attn_mask" || (!withProjection && IsProjection(key)) || IsLeftOut(key, config))
                unused.Add(full);
            else if (names.Length == 0) PartKeys.Add(weights, keys.Path, full, (full, WeightForm.AsStored));
            else foreach (var named in names) PartKeys.Add(weights, keys.Path, full, named);
        }

        return new PartKeys(weights, unused);
    }

    /// <summary>What a key of OpenCLIP is in transformers: three weights for a fused projection, none for a key that the text half does not have.</summary>
    internal static (string Name, WeightForm Form)[] OpenClipNames(string key)
    {
        switch (key)
        {
            case "token_embedding.weight": return One("embeddings.token_embedding.weight");
            case "positional_embedding": return One("embeddings.position_embedding.weight");
            case "text_projection": return [("text_projection.weight", WeightForm.Transposed)];
            case "text_projection.weight": return [(key, WeightForm.AsStored)];
        }

        var parts = key.Split('.');
        if (parts is ["ln_final", var norm]) return One($"final_layer_norm.{norm}");
        if (parts is not ["transformer", "resblocks", var layer, ..]) return [];
        var block = $"encoder.layers.{layer}";
        return parts[3..] switch
        {
            ["ln_1", var last] => One($"{block}.layer_norm1.{last}"),
            ["ln_2", var last] => One($"{block}.layer_norm2.{last}"),
            ["mlp", "c_fc", var last] => One($"{block}.mlp.fc1.{last}"),
            ["mlp", "c_proj", var last] => One($"{block}.mlp.fc2.{last}"),
            ["attn", "out_proj", var last] => One($"{block}.self_attn.out_proj.{last}"),
            ["attn", "in_proj_weight" or "in_proj_bias"] => Fused($"{Model}{block}.self_attn", parts[^1]["in_proj_".Length..]),
            _ => [],
        };

        static (string, WeightForm)[] One(string name) => [(Model + name, WeightForm.AsStored)];

        static (string, WeightForm)[] Fused(string attention, string last) =>
        [
            ($"{attention}.q_proj.{last}", WeightForm.FirstThird),
            ($"{attention}.k_proj.{last}", WeightForm.SecondThird),
            ($"{attention}.v_proj.{last}", WeightForm.LastThird),
        ];
    }

    // Some converters already left the last of ViT-H's 24 layers out.
    private static int LayersUsed(int layers, bool penultimate) => penultimate && layers != 23 ? layers - 1 : layers;

    private static bool IsLeftOut(string key, ClipTextConfig config) =>
        key.Split('.') is ["transformer", "resblocks", var layer, ..] && int.TryParse(layer, out var n) && n >= config.NumHiddenLayers;

    private static bool IsProjection(string key) => key is "text_projection" or "text_projection.weight";

    private static string Prefix(KeySet keys) => keys.HasAny(Model) ? Model : "";
}
