using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>How the noise of the forward process grows over the training timesteps.</summary>
internal enum BetaSchedule
{
    [JsonStringEnumMemberName("linear")] Linear,

    /// <summary>Linear in the square root of beta: Stable Diffusion's schedule.</summary>
    [JsonStringEnumMemberName("scaled_linear")] ScaledLinear,

    /// <summary>The cosine schedule, with beta capped at 0.999.</summary>
    [JsonStringEnumMemberName("squaredcos_cap_v2")] SquaredCosine,
}
