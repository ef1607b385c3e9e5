using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The noise level after the last step.</summary>
internal enum FinalSigma
{
    [JsonStringEnumMemberName("zero")] Zero,

    /// <summary>The level of training timestep 0.</summary>
    [JsonStringEnumMemberName("sigma_min")] SigmaMin,
}
