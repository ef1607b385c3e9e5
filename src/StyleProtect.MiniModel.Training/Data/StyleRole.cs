using System.Text.Json.Serialization;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>What a style's pictures may be used for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StyleRole>))]
internal enum StyleRole
{
    /// <summary>Learned by the model under its own style word.</summary>
    Training,

    /// <summary>Never shown to the model: the artists that a mimic would copy.</summary>
    Unseen,

    /// <summary>Shown to the autoencoder only; the style has no word.</summary>
    Autoencoder,
}
