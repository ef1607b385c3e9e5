using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Attacks;

/// <summary>One attack.</summary>
/// <param name="Artworks">The pictures to learn from, as they were published: at least two, none smaller than the model's own.</param>
/// <param name="Prompts">What the fine-tuned model generates, one picture each.</param>
/// <param name="Options">How.</param>
public sealed record AttackRequest(IReadOnlyList<Artwork> Artworks, IReadOnlyList<string> Prompts, AttackOptions Options)
{
    /// <summary>
    /// What the mimic does to the artworks first, in this order. <see cref="Purification.Purifiers.Parse"/> makes them from text; any <see cref="IPurifier"/>
    /// of your own works too.
    /// Empty for nothing.
    /// </summary>
    public IReadOnlyList<IPurifier> Purifiers { get; init; } = [];

    /// <summary>
    /// The caption of each artwork in training, in the same order, as mimics write them who have pictures captioned by a model (Hönig et al. 2024): what a
    /// picture shows is then learned apart from
    /// the style's word, which every caption should have. Null takes <see cref="AttackOptions.InstancePrompt"/> for all.
    /// </summary>
    public IReadOnlyList<string>? Captions { get; init; }

    /// <summary>Where the state is kept while training; an attack that finds its own state there goes on from it. Null for nowhere.</summary>
    public AttackCheckpoints? Checkpoints { get; init; }

    /// <summary>
    /// Safetensors file for what was learned: the adapters (<see cref="AttackKind.LoRA"/>) or the embedding (<see cref="AttackKind.TextualInversion"/>, as
    /// diffusers and AUTOMATIC1111 read it); null for none. A file that exists is replaced.
    /// </summary>
    public string? SaveLearned { get; init; }

    /// <summary>Names of the keys in a LoRA file that is written.</summary>
    public LoraLayout LoraLayout { get; init; }

    /// <summary>
    /// For <see cref="AttackKind.None"/>: a LoRA file of either layout, or a learned embedding, that the model generates with; null for none.
    /// </summary>
    public string? UseLearned { get; init; }

    /// <summary>
    /// Told how many jobs of the model are ahead of this one while it waits, whenever that changes, and 0 when it begins; not told at all when it begins at
    /// once.
    /// </summary>
    public IProgress<int>? QueuePosition { get; init; }

    /// <summary>The caption of a picture in training.</summary>
    internal string Caption(int picture) => Captions?[picture] ?? Options.InstancePrompt;

    /// <summary>The caption of every picture, in order.</summary>
    internal IEnumerable<string> EveryCaption => Enumerable.Range(0, Artworks.Count).Select(Caption);

    /// <summary>The request as the training sees it: pictures that are purified, and no purifier left.</summary>
    /// <exception cref="AttackException">A purifier failed; the message names it and the picture.</exception>
    internal AttackRequest Purified(CancellationToken cancellationToken) =>
        Purifiers.Count == 0 ? this : this with { Artworks = Purification.Purifiers.Apply(Purifiers, Artworks, cancellationToken), Purifiers = [] };

    /// <exception cref="AttackException">Something is missing or does not go together.</exception>
    internal void Validate()
    {
        Options.Validate();
        if (Purifiers.Any(p => p is null)) throw new AttackException("One of the request's purifiers is null.");
        if (Prompts.Count == 0) throw new AttackException("The request has no prompt: nothing would be generated.");
        if (Captions is { } captions && captions.Count != Artworks.Count)
            throw new AttackException($"There are {captions.Count} captions for {Artworks.Count} pictures: each picture needs one.");
        if (Captions?.Index().FirstOrDefault(c => string.IsNullOrWhiteSpace(c.Item)) is { Item: not null, Index: var empty })
            throw new AttackException($"The caption of picture {empty + 1} is empty.") { PictureIndex = empty };
        if (Checkpoints is { Every: < 1 } checkpoints)
            throw new AttackException($"A checkpoint every {checkpoints.Every} steps is not possible: at least 1 is needed.");
        var trains = Options.Kind is not AttackKind.None;
        if (trains && Artworks.Count == 0) throw new AttackException("The request has no picture to learn from: a style shows in at least two.");
        if (trains && Artworks.Count == 1) throw new AttackException("The request has one picture to learn from: a style shows in at least two.");
        if (SaveLearned is not null && Options.Kind is not (AttackKind.LoRA or AttackKind.TextualInversion))
            throw new AttackException($"An attack of the kind {Options.Kind} leaves no file: adapters come from LoRA, an embedding from Textual Inversion.");
        if (SaveLearned is { } file && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))))
            throw new AttackException($"'{file}' cannot be written: there is no such folder."); // said before hours of training
        if (trains && UseLearned is not null)
            throw new AttackException("A model that generates with what was learned before is not trained: the kind None goes with such a file.");
    }
}

/// <summary>Where an attack keeps its state, so that an interrupted one goes on from there with the same result, bit for bit.</summary>
/// <param name="Folder">
/// The folder; made if missing. It holds one state at a time: safetensors (weights and AdamW's moments in fp32, three times what is trained) and a JSON file.
/// </param>
/// <param name="Every">Steps between two states, at least 1. The last step is always kept.</param>
public sealed record AttackCheckpoints(string Folder, int Every = 100);
