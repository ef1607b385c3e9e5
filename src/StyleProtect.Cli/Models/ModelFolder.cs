using System.Security.Cryptography;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;

namespace StyleProtect.Cli.Models;

/// <summary>Reads what a diffusers folder holds from the files' headers; no weight is loaded and libtorch is not needed.</summary>
internal static class ModelFolder
{
    // The parts that a protection uses; a folder may hold more (a safety checker, for example).
    private static readonly string[] s_weightedParts = ["text_encoder", "unet", "vae"];

    private const string DoctorHint = "`styleprotect doctor` looks at the model; a diffusers folder is given with --model.";

    /// <summary>Reads everything.</summary>
    /// <exception cref="CommandException">The folder is missing or not a model.</exception>
    internal static ModelSummary Read(string folder)
    {
        var catalog = ReadCatalog(folder);
        var files = Weights(folder);
        long parameters = 0, bytes = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in files)
        {
            parameters += Guard(path, () => Entries(path).Sum(e => e.Shape.Aggregate(1L, (a, b) => a * b)));
            bytes += new FileInfo(path).Length;
            Append(hash, path);
        }

        return new ModelSummary(NameOf(folder), Path.GetFullPath(folder), Convert.ToHexStringLower(hash.GetHashAndReset()), parameters, bytes, catalog);
    }

    /// <summary>Reads the U-Net's cross-attention layers.</summary>
    /// <exception cref="CommandException">The folder is missing or not a model.</exception>
    internal static LayerCatalog ReadCatalog(string folder)
    {
        Check(folder);
        var unet = Path.Combine(folder, "unet");
        var files = Directory.Exists(unet) ? Directory.GetFiles(unet, "*.safetensors").Order(StringComparer.Ordinal).ToArray() : [];
        if (files.Length == 0) throw CommandException.Environment($"the model '{folder}' has no unet/*.safetensors.", DoctorHint);
        var entries = files.SelectMany(f => Guard(f, () => Entries(f))).DistinctBy(e => e.Name, StringComparer.Ordinal).ToArray();
        return CatalogReader.Read(entries, UNetConfig.Read(Path.Combine(unet, "config.json")));
    }

    private static void Check(string folder)
    {
        if (File.Exists(folder))
            throw CommandException.Environment($"the model '{folder}' is a file.", "A model is a folder in diffusers layout (model_index.json beside unet/, vae/, …).");
        if (!Directory.Exists(folder))
            throw CommandException.Environment($"the model folder '{folder}' does not exist.", "Give a folder in diffusers layout with --model, or reinstall styleprotect for the embedded model.");
        if (!File.Exists(Path.Combine(folder, "model_index.json")))
            throw CommandException.Environment($"'{folder}' holds no model_index.json: it is not a model in diffusers layout.", "Give the folder that holds unet/ and vae/.");
    }

    private static string[] Weights(string folder) =>
        [.. s_weightedParts.Select(p => Path.Combine(folder, p)).Where(Directory.Exists).SelectMany(p => Directory.GetFiles(p, "*.safetensors")).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<SafetensorsEntry> Entries(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Entries.Values];
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Environment($"the weights '{path}' cannot be read: {e.Message}", cause: e);
        }
    }

    private static void Append(IncrementalHash hash, string path)
    {
        using var stream = File.OpenRead(path);
        var buffer = new byte[1 << 20];
        while (stream.Read(buffer) is > 0 and var read) hash.AppendData(buffer.AsSpan(0, read));
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
