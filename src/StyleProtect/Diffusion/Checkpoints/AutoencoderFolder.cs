using System.Text.Json;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>An autoencoder alone in diffusers' layout: a folder with <c>config.json</c> and weights, as a model's <c>vae</c> folder or a repository of a
/// VAE.</summary>
internal sealed class AutoencoderFolder : ModelSource
{
    private readonly string? _variant;

    private AutoencoderFolder(string folder, ModelIndex index, string? variant) : base(folder, CachedRepository.NameOf(folder), index) => _variant = variant;

    internal override bool IsAutoencoderAlone => true;

    /// <summary>Opens a folder that has a configuration and no model index.</summary>
    /// <exception cref="CheckpointException">It is not an autoencoder's; the message says what it is.</exception>
    internal static AutoencoderFolder Open(string folder, string? variant)
    {
        var path = Path.Combine(folder, "config.json");
        var fields = DiffusersConfig.Read<Dictionary<string, JsonElement>>(path);
        var architecture = fields.TryGetValue("architectures", out var list) && list is { ValueKind: JsonValueKind.Array } && list.GetArrayLength() > 0
            ? list[0].ToString() : null;
        var name = Text("_class_name") ?? architecture;
        if (name is null) throw new CheckpointException($"{path}: neither '_class_name' nor 'architectures' says what kind of model this is.");
        if (!name.StartsWith("Autoencoder", StringComparison.Ordinal))
            throw new CheckpointException(
                $"'{folder}' is one part of a model, a {SafetensorsHeader.Shown(name)}: name the folder above it, or an autoencoder.");
        var index = new ModelIndex(name, new Dictionary<string, ModelPart>(StringComparer.Ordinal) { ["vae"] = new("vae", "diffusers", name) }, true);
        return new AutoencoderFolder(Path.GetFullPath(folder), index, variant);

        string? Text(string field) => fields.TryGetValue(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    internal override void Require(params string[] parts)
    {
        if (parts.FirstOrDefault(p => p != "vae") is { } other) throw new CheckpointException($"'{Root}' is an autoencoder alone: it has no part '{other}'.");
    }

    internal override string ConfigPathOf(string part)
    {
        Require(part);
        return Path.Combine(Root, "config.json");
    }

    internal override T ConfigOf<T>(string part) => DiffusersConfig.Read<T>(ConfigPathOf(part));

    internal override WeightsSource WeightsOf(string part) => WeightsFile.Open(Find(part));

    internal override IReadOnlyList<string> WeightsFilesOf(params string[] parts) =>
        [.. parts.Select(Find).SelectMany(WeightsFile.FilesOf).Distinct(StringComparer.Ordinal)];

    internal override ITokenizer TokenizerOf(string part) => throw new CheckpointException($"'{Root}' is an autoencoder alone: it has no tokenizer.");

    private string Find(string part)
    {
        Require(part);
        var found = WeightsFile.Find(Root, _variant);
        if (_variant is null && WeightsFile.VariantOf(found) is { } taken) Note($"'{Name}' has no plain weights; its variant '{taken}' is used.");
        return found;
    }
}
