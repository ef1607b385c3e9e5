using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// A model on disk, whatever its layout: parts with a configuration, weights and tokenizers, all under the names that diffusers gives them.
/// Nothing is loaded before it is asked for.
/// </summary>
internal abstract class ModelSource
{
    /// <summary>The prompt for models whose index names none.</summary>
    internal const string FallbackPrompt = "a photo of an artwork";

    private readonly List<string> _notes = [];

    protected ModelSource(string path, string name, ModelIndex index) => (Root, Name, Index) = (path, name, index);

    /// <summary>The folder or file.</summary>
    internal string Root { get; }

    /// <summary>What people call it: the repository's name for a model of the Hugging Face cache, else the name of the folder or file.</summary>
    internal string Name { get; }

    /// <summary>Pipeline class and parts.</summary>
    internal ModelIndex Index { get; }

    /// <summary>Choices that were made for the user, a sentence each: which variant, what of a file is not used.</summary>
    internal virtual IReadOnlyList<string> Notes
    {
        get
        {
            lock (_notes) return [.. _notes];
        }
    }

    /// <summary>
    /// The prompt of requests that bring none: the index's <c>default_prompt</c>, else one that suits models trained on captions of photographs and art.
    /// </summary>
    internal string DefaultPrompt => Index.DefaultPrompt ?? FallbackPrompt;

    /// <summary>Why a U-Net that the index lists, or that belongs to this kind of file, cannot be asked; null for no such reason.</summary>
    internal virtual string? WithoutUNet => null;

    /// <summary>Whether there is nothing but an autoencoder, so that a method that needs only that is what the user wants.</summary>
    internal virtual bool IsAutoencoderAlone => false;

    /// <summary>Whether what the U-Net predicts is a guess that only the loaded U-Net can settle.</summary>
    internal virtual bool PredictionIsAssumed => false;

    /// <summary>Whether it has a part.</summary>
    internal bool Has(string part) => Index.Parts.ContainsKey(part);

    /// <summary>The diffusers class of a part; null where it has no such part.</summary>
    internal string? ClassOf(string part) => Index.Parts.GetValueOrDefault(part)?.ClassName;

    /// <summary>Checks that parts are there.</summary>
    /// <exception cref="CheckpointException">Some are not; the message names all of them.</exception>
    internal abstract void Require(params string[] parts);

    /// <summary>What messages call a part's configuration.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    internal abstract string ConfigPathOf(string part);

    /// <summary>A part's configuration.</summary>
    /// <exception cref="CheckpointException">It is missing or does not fit; the message names file and field.</exception>
    internal abstract T ConfigOf<T>(string part) where T : class;

    /// <summary>A text encoder's configuration.</summary>
    /// <inheritdoc cref="ConfigOf"/>
    internal virtual ClipTextConfig TextConfigOf(string part) => ConfigOf<ClipTextConfig>(part);

    /// <summary>Opens a part's weights.</summary>
    /// <exception cref="CheckpointException">There are none that can be read.</exception>
    /// <exception cref="SafetensorsException">A file is not valid.</exception>
    internal abstract WeightsSource WeightsOf(string part);

    /// <summary>The weights files that <see cref="WeightsOf(string)"/> opens for parts, each once.</summary>
    internal abstract IReadOnlyList<string> WeightsFilesOf(params string[] parts);

    /// <summary>Loads a part's tokenizer.</summary>
    /// <exception cref="CheckpointException">There is none, or it is not supported.</exception>
    internal abstract ITokenizer TokenizerOf(string part);

    /// <summary>Adds a note, once.</summary>
    internal void Note(string note)
    {
        lock (_notes)
            if (!_notes.Contains(note)) _notes.Add(note);
    }
}
