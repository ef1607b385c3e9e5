using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The variance that the ancestral (DDPM) step adds.</summary>
internal enum VarianceType
{
    [JsonStringEnumMemberName("fixed_small")] FixedSmall,
    [JsonStringEnumMemberName("fixed_small_log")] FixedSmallLog,
    [JsonStringEnumMemberName("fixed_large")] FixedLarge,
}
