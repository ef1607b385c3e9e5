namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Finds the weights in a part's folder.</summary>
internal static class WeightsFile
{
    private const string Ending = ".safetensors", IndexMark = ".safetensors.index";
    private static readonly string[] s_stems = ["diffusion_pytorch_model", "model"]; // diffusers', transformers'

    // After the plain weights, from the best to the worst; any other variant comes last.
    private static readonly string[] s_preferred = ["fp32", "bf16", "fp16", "non_ema"];

    /// <summary>The weights file, or the index of several.</summary>
    /// <param name="folder">The part's folder.</param>
    /// <param name="variant">The variant; null: the plain weights, else the best variant that is there.</param>
    /// <exception cref="CheckpointException">There is none that can be read; the message says what is there.</exception>
    internal static string Find(string folder, string? variant)
    {
        if (variant is not null && !ModelFolder.IsPlainName(variant)) throw new CheckpointException($"'{variant}' is not the name of a variant.");
        IEnumerable<string?> variants = variant is null ? Variants(folder).OrderBy(Rank).ThenBy(v => v, StringComparer.Ordinal).Prepend(null) : [variant];
        var found = variants.SelectMany(Names).Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
        return found ?? throw Missing(folder, variant);

        static int Rank(string name) => Array.IndexOf(s_preferred, name) is >= 0 and var at ? at : s_preferred.Length;
    }

    /// <summary>Whether a part has a variant.</summary>
    internal static bool Has(string folder, string variant) => Names(variant).Any(n => File.Exists(Path.Combine(folder, n)));

    /// <summary>The variants of a part, beside its plain weights.</summary>
    internal static IEnumerable<string> Variants(string folder) =>
        Directory.EnumerateFiles(folder).Select(VariantOf).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>The variant in a weights file's or an index's name; null for plain weights and other files.</summary>
    internal static string? VariantOf(string path)
    {
        var name = Path.GetFileName(path);
        if (s_stems.FirstOrDefault(s => name.StartsWith(s + ".", StringComparison.Ordinal)) is not { } stem) return null;
        var rest = name[(stem.Length + 1)..];
        var index = IndexMark[1..] + ".";
        if (rest.StartsWith(index, StringComparison.Ordinal) && rest.EndsWith(".json", StringComparison.Ordinal))
            return rest.Length > index.Length + ".json".Length ? rest[index.Length..^".json".Length] : null;
        if (!rest.EndsWith(Ending, StringComparison.Ordinal)) return null;
        var variant = rest[..^Ending.Length];
        return variant.Contains("-of-", StringComparison.Ordinal) ? null : variant; // a shard
    }

    /// <summary>Opens what <see cref="Find"/> found.</summary>
    /// <exception cref="CheckpointException">An index does not fit its files.</exception>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal static WeightsSource Open(string path) => IsIndex(path) ? WeightsSource.OpenIndex(path) : WeightsSource.Open(path);

    /// <summary>The files of what <see cref="Find"/> found.</summary>
    internal static IEnumerable<string> FilesOf(string path) => IsIndex(path) ? ShardIndex.Read(path).Values.Distinct(StringComparer.Ordinal) : [path];

    private static bool IsIndex(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    private static IEnumerable<string> Names(string? variant) => variant is null
        ? s_stems.SelectMany(s => (string[])[$"{s}{Ending}", $"{s}{IndexMark}.json"])
        : s_stems.SelectMany(s => (string[])[$"{s}.{variant}{Ending}", $"{s}{IndexMark}.{variant}.json"]);

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
