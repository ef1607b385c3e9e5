using System.Text.Json.Serialization;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>What the U-Net predicts.</summary>
internal enum PredictionType
{
    /// <summary>The noise.</summary>
    [JsonStringEnumMemberName("epsilon")] Epsilon,

    /// <summary>The velocity: √ᾱ·noise − √(1−ᾱ)·sample.</summary>
    [JsonStringEnumMemberName("v_prediction")] Velocity,

    /// <summary>The clean sample.</summary>
    [JsonStringEnumMemberName("sample")] Sample,
}
