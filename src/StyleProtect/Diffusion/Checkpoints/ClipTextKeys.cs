namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// The names under which CLIP's text half is stored: with <c>text_model.</c> in front (transformers up to 5.5, and everywhere with a projection) or without
/// (CLIPTextModel from 5.6 on), alone or beside the rest of a whole CLIP model.
/// </summary>
internal static class ClipTextKeys
{
    private const string Prefix = "text_model.";
    private static readonly string[] s_parts = ["embeddings.", "encoder.", "final_layer_norm."];
    private static readonly string[] s_others = ["vision_model.", "visual_projection.", "text_projection."];

    /// <summary>Options that accept both namings and report what a text encoder does not need.</summary>
    internal static StateDictionaryOptions Options { get; } = new()
    {
        // A buffer of old versions: 0, 1, 2, ….
        Ignored = ["text_model.embeddings.position_ids", "embeddings.position_ids"],
        Rename = Rename,
        Tolerated = Tolerated,
    };

    /// <summary>The name with the prefix.</summary>
    internal static string Rename(string key) => s_parts.Any(p => key.StartsWith(p, StringComparison.Ordinal)) ? Prefix + key : key;

    private static bool Tolerated(string key) => key is "logit_scale" || s_others.Any(p => key.StartsWith(p, StringComparison.Ordinal));
}
