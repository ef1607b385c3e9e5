using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;

namespace StyleProtect.Diffusion;

/// <summary>The diffusers classes of autoencoders that this library computes.</summary>
internal static class AutoencoderClasses
{
    private static readonly Dictionary<string, (Func<ModelSource, IAutoencoderConfig> Config, StateDictionaryOptions Options)> s_known =
        new(StringComparer.Ordinal)
        {
            [nameof(AutoencoderTiny)] = (s => s.ConfigOf<AutoencoderTinyConfig>("vae"), new StateDictionaryOptions()),
            // Its networks are AutoencoderKL's. Shift and scale are statistics of 2 × 2 patches, which only its transformer reads.
            ["AutoencoderKLFlux2"] = (s => s.ConfigOf<AutoencoderKLConfig>("vae") with { ScalingFactor = 1, ShiftFactor = null }, AutoencoderKeys.Options),
            [nameof(AutoencoderKL)] = (s => s.ConfigOf<AutoencoderKLConfig>("vae"), AutoencoderKeys.Options),
        };

    /// <summary>The configuration of a model's autoencoder.</summary>
    /// <exception cref="CheckpointException">It is missing, or the class is not supported; the message names the class and the supported ones.</exception>
    internal static IAutoencoderConfig ConfigOf(ModelSource source) => Of(source).Config(source);

    /// <summary>How its weights are fitted.</summary>
    internal static StateDictionaryOptions OptionsOf(ModelSource source) => Of(source).Options;

    private static (Func<ModelSource, IAutoencoderConfig> Config, StateDictionaryOptions Options) Of(ModelSource source)
    {
        var name = source.ClassOf("vae") ?? throw new CheckpointException($"'{source.Root}' has no autoencoder.");
        return s_known.TryGetValue(name, out var known)
            ? known
            : throw new CheckpointException(
                $"{source.Root}: the autoencoder is a {SafetensorsHeader.Shown(name)}, which is not supported. Supported: {string.Join(", ", s_known.Keys)}.");
    }
}
