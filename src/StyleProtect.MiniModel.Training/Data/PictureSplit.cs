using System.Text.Json.Serialization;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>The part of the data set that a picture belongs to; the parts are disjoint.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PictureSplit>))]
internal enum PictureSplit
{
    /// <summary>A training style, shown to every network.</summary>
    Train,

    /// <summary>A training style and a trained content whose combination no network ever sees.</summary>
    HeldOutPair,

    /// <summary>A training style and a content that no network ever sees in any training style.</summary>
    HeldOutContent,

    /// <summary>A style that no network ever sees.</summary>
    UnseenStyle,

    /// <summary>Extra drawings for the autoencoder only.</summary>
    Autoencoder,
}
