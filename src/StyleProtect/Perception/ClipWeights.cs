using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using static TorchSharp.torch;

namespace StyleProtect.Perception;

/// <summary>Weights of CLIP's vision half under transformers' names, or under OpenAI's below <c>backbone.</c> as CSD checkpoints have them.</summary>
internal static class ClipWeights
{
    private const string OpenAi = "backbone.";

    /// <exception cref="CheckpointException">Weights are missing, unexpected or misshapen.</exception>
    internal static void Load(ClipVisionModel model, WeightsSource source)
    {
        if (source.Contains(OpenAi + "class_embedding")) LoadOpenAi(model, source);
        else StateDictionaryLoader.Load(model, source, new StateDictionaryOptions { Ignored = [.. source.Keys.Where(k => IsElsewhere(k, model))] });
    }

    /// <summary>The text half of a whole CLIP model, the heads of CSD, an unused projection, and old files' position numbers.</summary>
    private static bool IsElsewhere(string key, ClipVisionModel model) =>
        key.StartsWith("text_", StringComparison.Ordinal) ||
        key is "logit_scale" or ClipImageEncoder.StyleHead or ClipImageEncoder.ContentHead or "vision_model.embeddings.position_ids"
        || (key == "visual_projection.weight" && !model.HasProjection);

    private static void LoadOpenAi(ClipVisionModel model, WeightsSource source)
    {
        using var frozen = no_grad();
        var used = new HashSet<string>(StringComparer.Ordinal) { ClipImageEncoder.StyleHead, ClipImageEncoder.ContentHead, OpenAi + "proj" };
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var scope = NewDisposeScope();
            var (key, part) = KeyOf(name);
            var stored = source.Read(OpenAi + key);
            if (part >= 0 && stored.shape[0] == 3 * parameter.shape[0]) stored = stored.narrow(0, part * parameter.shape[0], parameter.shape[0]);
            if (!stored.shape.AsSpan().SequenceEqual(parameter.shape))
                throw new CheckpointException(
                    $"{source.Name}: '{OpenAi}{key}' is [{string.Join(", ", stored.shape)}]; the configuration needs " +
                    $"[{string.Join(", ", parameter.shape)}] for {name}.");
            parameter.copy_(stored);
            used.Add(OpenAi + key);
        }

        var stray = source.Keys.Where(k => !used.Contains(k)).Order(StringComparer.Ordinal).Take(8).ToArray();
        if (stray.Length > 0)
            throw new CheckpointException($"{source.Name} holds weights that the configuration has no place for: {string.Join(", ", stray)}.");
    }

    /// <summary>OpenAI's name of a parameter, and which third of it where query, key and value are one.</summary>
    private static (string Key, int Third) KeyOf(string name)
    {
        var words = name.Split('.');
        if (words[1] != "encoder")
        {
            return (name["vision_model.".Length..] switch
            {
                "embeddings.class_embedding" => "class_embedding",
                "embeddings.patch_embedding.weight" => "conv1.weight",
                "embeddings.position_embedding.weight" => "positional_embedding",
                var norm => norm.Replace("pre_layrnorm", "ln_pre", StringComparison.Ordinal).Replace("post_layernorm", "ln_post", StringComparison.Ordinal),
            }, -1);
        }

        var block = $"transformer.resblocks.{words[3]}.";
        return (words[4], words[5]) switch
        {
            ("self_attn", "out_proj") => ($"{block}attn.out_proj.{words[6]}", -1),
            ("self_attn", var projection) => ($"{block}attn.in_proj_{words[6]}", Array.IndexOf(["q_proj", "k_proj", "v_proj"], projection)),
            ("mlp", "fc1") => ($"{block}mlp.c_fc.{words[6]}", -1),
            ("mlp", _) => ($"{block}mlp.c_proj.{words[6]}", -1),
            ("layer_norm1", var part) => ($"{block}ln_1.{part}", -1),
            var (_, part) => ($"{block}ln_2.{part}", -1),
        };
    }
}
