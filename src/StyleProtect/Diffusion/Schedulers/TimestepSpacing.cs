using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>How the sampling timesteps are spread over the training timesteps (Lin et al. 2023, table 2).</summary>
internal enum TimestepSpacing
{
    [JsonStringEnumMemberName("leading")] Leading,
    [JsonStringEnumMemberName("linspace")] Linspace,
    [JsonStringEnumMemberName("trailing")] Trailing,
}
