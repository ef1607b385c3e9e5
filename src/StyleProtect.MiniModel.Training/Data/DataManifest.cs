using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Everything about a data set but its pixels (<c>manifest.json</c>).</summary>
/// <param name="Format">Version of this form.</param>
/// <param name="Size">Width and height of the pictures in pixels.</param>
/// <param name="Seed">Seed of the splits.</param>
/// <param name="Styles">Styles with their sources, licences and packed files.</param>
/// <param name="Contents">Contents sorted by name.</param>
/// <param name="Vocabulary">The tokenizer's words in the order of their identifiers.</param>
/// <param name="Pictures">All pictures, style by style in the order of the packed files.</param>
/// <param name="Dropped">Pictures left out after drawing.</param>
/// <param name="Excluded">How many icons were not drawn, by style and reason.</param>
internal sealed record DataManifest(
    int Format,
    int Size,
    long Seed,
    IReadOnlyList<DataStyle> Styles,
    IReadOnlyList<DataContent> Contents,
    IReadOnlyList<string> Vocabulary,
    IReadOnlyList<DataPicture> Pictures,
    IReadOnlyList<DroppedPicture> Dropped,
    IReadOnlyDictionary<string, int> Excluded)
{
    internal const int CurrentFormat = 1;
    internal const string FileName = "manifest.json";

    internal static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        IndentSize = 1,
    };
}

/// <summary>A style of the data set.</summary>
/// <param name="Id">Name; in lower case also the word of captions for training styles.</param>
/// <param name="Title">Name of the source.</param>
/// <param name="Author">Whom to credit.</param>
/// <param name="Source">Package and version.</param>
/// <param name="Licence">Licence of the drawings.</param>
/// <param name="Url">Home of the source.</param>
/// <param name="Role">What the pictures may be used for.</param>
/// <param name="File">Packed pixels: pictures × size × size × 3 bytes RGB.</param>
/// <param name="Pictures">Number of pictures.</param>
internal sealed record DataStyle(
    string Id, string Title, string Author, string Source, string Licence, string Url, StyleRole Role, string File, int Pictures);

/// <summary>A content of the data set.</summary>
/// <param name="Name">The caption's words.</param>
/// <param name="Common">True when every training style has it, but for those that joined later.</param>
/// <param name="HeldOut">True when no network sees it in any training style.</param>
internal sealed record DataContent(string Name, bool Common, bool HeldOut);

/// <summary>One picture.</summary>
/// <param name="Id">Style and name in the source.</param>
/// <param name="Style">Index of its style.</param>
/// <param name="Content">Index of its content; -1 for pictures outside the vocabulary (<see cref="StyleRole.Autoencoder"/>).</param>
/// <param name="Words">What it shows, in words.</param>
/// <param name="Index">Index in the style's packed file.</param>
/// <param name="Split">Part of the data set.</param>
internal sealed record DataPicture(string Id, int Style, int Content, string Words, int Index, PictureSplit Split);

/// <summary>A picture that was drawn and left out.</summary>
/// <param name="Style">Its style.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why.</param>
/// <param name="Content">What it shows.</param>
/// <param name="SameAs">Name of the kept picture that is the same, pixel by pixel; null when it was left out for another reason.</param>
internal sealed record DroppedPicture(string Style, string Name, string Reason, string Content, string? SameAs = null);

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
