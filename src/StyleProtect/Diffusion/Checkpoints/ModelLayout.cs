using StyleProtect.Diffusion.Checkpoints.SingleFile;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Recognises the layout of a model's files. The one place that decides: whatever opens a model goes through here.</summary>
internal static class ModelLayout
{
    /// <summary>Opens a model.</summary>
    /// <param name="path">
    /// A folder in diffusers' layout, a repository of the Hugging Face cache or one of its snapshots, an autoencoder's folder, a folder with a single weights
    /// file, or that file.
    /// </param>
    /// <param name="variant">The variant of the weights, as in <c>fp16</c>; null for the best one of each part.</param>
    /// <exception cref="CheckpointException">It is none of them; the message says what it is and what to do.</exception>
    internal static ModelSource Open(string path, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path)) return OfFile(path);
        if (!Directory.Exists(path)) throw new CheckpointException($"There is no model '{path}'.");
        var folder = CachedRepository.IsRepository(path) ? CachedRepository.Snapshot(path) : path;
        if (File.Exists(Path.Combine(folder, ModelIndex.FileName))) return ModelFolder.Open(folder, variant);
        if (File.Exists(Path.Combine(folder, "config.json"))) return AutoencoderFolder.Open(folder, variant);
        return OfFiles(folder);
    }

    /// <summary>A folder without any configuration: what its only weights file is.</summary>
    private static SingleFileSource OfFiles(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToArray();
        var weights = files.Where(f => f.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)).ToArray();
        if (weights.Length == 1) return OfFile(weights[0], folder);
        // The two halves of an autoencoder of the TAESD family lie beside each other.
        if (weights.Length == 2 && TinyLayout.Partner(weights[0]) == weights[1])
            return OfFile(Array.Find(weights, w => w.Contains("encoder", StringComparison.OrdinalIgnoreCase)) ?? weights[0], folder);
        if (weights.Length > 1)
            throw new CheckpointException($"The folder '{folder}' has no {ModelIndex.FileName} and {weights.Length} weights files; name one of them: " +
                $"{string.Join(", ", weights.Take(8).Select(Path.GetFileName))}.");
        throw files.FirstOrDefault(PickleRefusal.IsPickle) is { } pickle
            ? PickleRefusal.Of(pickle)
            : new CheckpointException(
                $"The folder '{folder}' has no {ModelIndex.FileName}, no config.json and no .safetensors file: it is no model in a layout that can be read.");
    }

    private static SingleFileSource OfFile(string path, string? folder = null)
    {
        if (PickleRefusal.IsPickle(path)) throw PickleRefusal.Of(path);
        return path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
            ? SingleFileSource.Open(path, folder)
            : throw new CheckpointException($"'{path}' is no weights file: a .safetensors file, or a folder in diffusers' layout, is expected.");
    }
}
