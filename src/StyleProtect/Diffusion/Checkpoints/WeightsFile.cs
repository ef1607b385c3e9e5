namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Finds the weights in a part's folder.</summary>
internal static class WeightsFile
{
    private const string Half = "fp16";
    private static readonly string[] s_stems = ["diffusion_pytorch_model", "model"]; // diffusers', transformers'

    /// <summary>The weights file, or the index of several.</summary>
    /// <exception cref="CheckpointException">There is none that can be read; the message says what is there.</exception>
    internal static string Find(string folder, string? variant)
    {
        if (variant is not null && !ModelFolder.IsPlainName(variant)) throw new CheckpointException($"'{variant}' is not the name of a variant.");
        string?[] variants = variant is null ? [null, Half] : [variant];
        var found = variants.SelectMany(Names).Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
        return found ?? throw Missing(folder, variant);
    }

    internal static bool IsIndex(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    private static IEnumerable<string> Names(string? variant) => variant is null
        ? s_stems.SelectMany(s => (string[])[$"{s}.safetensors", $"{s}.safetensors.index.json"])
        : s_stems.SelectMany(s => (string[])[$"{s}.{variant}.safetensors", $"{s}.safetensors.index.{variant}.json"]);

    private static CheckpointException Missing(string folder, string? variant)
    {
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToArray();
        var safe = files.Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal) || f.Contains(".safetensors.index.", StringComparison.Ordinal))
            .Select(Path.GetFileName).ToArray();
        if (safe.Length == 0 && files.FirstOrDefault(PickleRefusal.IsPickle) is { } pickle) return PickleRefusal.Of(pickle);
        var there = safe.Length > 0 ? $"It has {string.Join(", ", safe)}." : "It has no .safetensors file.";
        var wanted = variant is null ? "" : $" of the variant '{variant}'";
        return new CheckpointException($"The folder '{folder}' has no weights{wanted}: {string.Join(" or ", Names(variant))} is expected. {there}");
    }
}
