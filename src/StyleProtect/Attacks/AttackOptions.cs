using System.Text.Json.Serialization;
using StyleProtect.Diffusion.Schedulers;

namespace StyleProtect.Attacks;

/// <summary>Settings of an attack. <see cref="AttackPresets"/> has the published protocols.</summary>
public sealed record AttackOptions
{
    /// <summary>What is trained.</summary>
    public AttackKind Kind { get; init; } = AttackKind.DreamBooth;

    /// <summary>Training steps.</summary>
    public int Steps { get; init; } = 400;

    /// <summary>Learning rate of AdamW (weight decay 1e-2, gradient norm clipped at 1).</summary>
    public double LearningRate { get; init; } = 5e-6;

    /// <summary>How the learning rate runs.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>Steps in which the learning rate rises from zero first.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Pictures a step, drawn with replacement.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Seed of training and sampling.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The caption of every picture in training that has none of its own (<see cref="AttackRequest.Captions"/>).</summary>
    public string InstancePrompt { get; init; } = "an artwork in sks style";

    /// <summary>Rank of LoRA's adapters.</summary>
    public int LoraRank { get; init; } = 4;

    /// <summary>α of LoRA's adapters: they count α/rank. Null for the rank, as diffusers' scripts have it.</summary>
    public double? LoraAlpha { get; init; }

    /// <summary>Whether the U-Net's convolutions (of the residual blocks, and in and out of the transformers) get adapters too.</summary>
    public bool LoraConvolutions { get; init; }

    /// <summary>The word whose embedding Textual Inversion learns: one token of the model's tokenizer, and part of every caption.</summary>
    public string Placeholder { get; init; } = "sks";

    /// <summary>The word whose embedding that starts from, one token; null for the placeholder's own.</summary>
    public string? InitialWord { get; init; }

    /// <summary>Whether the text encoder is trained too.</summary>
    public bool TrainTextEncoder { get; init; }

    /// <summary>γ of min-SNR weighting (Hang et al. 2023); null weighs all timesteps alike.</summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>Weight of prior preservation; 0 for none.</summary>
    public double PriorWeight { get; init; }

    /// <summary>Caption of the pictures that the untrained model generates for prior preservation.</summary>
    public string ClassPrompt { get; init; } = "an artwork";

    /// <summary>Number of those pictures.</summary>
    public int ClassPictures { get; init; } = 16;

    /// <summary>Random instead of central crops, where a picture is not square.</summary>
    public bool RandomCrop { get; init; } = true;

    /// <summary>Mirrors half of the pictures.</summary>
    public bool Flip { get; init; }

    /// <summary>diffusers' class name of the sampler; null takes the model's own.</summary>
    public string? Sampler { get; init; }

    /// <summary>Sampling steps.</summary>
    public int SamplingSteps { get; init; } = 50;

    /// <summary>Scale of classifier-free guidance.</summary>
    public double Guidance { get; init; } = 7.5;

    /// <summary>
    /// Bytes that the process may hold during the attack. Fewer pictures of a step at once (their gradients are added up, which is the same step up to
    /// rounding) and fewer generated
    /// pictures at once keep it below; an attack that cannot is refused with the smallest limit that works.
    /// </summary>
    /// <value>
    /// Null takes nine tenths of what the machine has available; on a GPU everything is then computed at once. The limit is no part of what identifies a
    /// result: kept attacks and
    /// checkpoints are taken over under another one.
    /// </value>
    [JsonIgnore]
    public long? MemoryLimit { get; init; }

    /// <exception cref="AttackException">A value is out of range.</exception>
    internal void Validate()
    {
        if (Kind != AttackKind.None && Steps is < 1 or > 1_000_000) throw new AttackException($"{Steps} training steps: 1 to 1,000,000 are possible.");
        if (LearningRate is not (> 0 and < 1)) throw new AttackException($"The learning rate {LearningRate} does not lie between 0 and 1.");
        if (!Enum.IsDefined(Schedule)) throw new AttackException($"The learning rate has no schedule {Schedule}.");
        if (WarmupSteps is < 0 || (Kind != AttackKind.None && WarmupSteps > Steps))
            throw new AttackException($"{WarmupSteps} warm-up steps: 0 to {Steps} are possible.");
        if (LoraRank is < 1 or > 1024) throw new AttackException($"LoRA's rank is {LoraRank}: 1 to 1024 are possible.");
        if (LoraAlpha is not (null or (> 0 and <= 1_000_000))) throw new AttackException($"LoRA's α is {LoraAlpha}: a positive number is needed.");
        if (Kind is AttackKind.TextualInversion && TrainTextEncoder)
            throw new AttackException("Textual Inversion trains an embedding only, not the text encoder.");
        if (Batch is < 1 or > 256) throw new AttackException($"{Batch} pictures a step: 1 to 256 are possible.");
        if (string.IsNullOrWhiteSpace(InstancePrompt)) throw new AttackException("The instance prompt is empty: the mimic needs words for the style.");
        if (MinSnrGamma is not (null or > 0)) throw new AttackException($"min-SNR's γ is {MinSnrGamma}: a positive number is needed.");
        if (PriorWeight is not >= 0 || (PriorWeight > 0 && ClassPictures < 1))
            throw new AttackException($"Prior preservation with weight {PriorWeight} and {ClassPictures} class pictures is not possible.");
        if (Sampler is not null && !SchedulerClasses.Samplers.Contains(Sampler, StringComparer.Ordinal))
            throw new AttackException($"The sampler '{Sampler}' is not supported. Supported: {string.Join(", ", SchedulerClasses.Samplers)}.");
        if (!double.IsFinite(Guidance)) throw new AttackException($"The guidance {Guidance} is not a number.");
        if (MemoryLimit is <= 0) throw new AttackException($"The memory limit must be above 0 bytes, not {MemoryLimit}.");
        if (SamplingSteps is < 1 or > 1000) throw new AttackException($"{SamplingSteps} sampling steps: 1 to 1000 are possible.");
    }
}

/// <summary>How the mimic fine-tunes the model.</summary>
public enum AttackKind
{
    /// <summary>All weights of the U-Net, and of the text encoder if asked (Ruiz et al. 2023).</summary>
    DreamBooth,

    /// <summary>Only K and V of the cross-attention layers (Kumari et al. 2023).</summary>
    CustomDiffusion,

    /// <summary>No training: what the model generates before it has seen the pictures. The baseline of every comparison.</summary>
    None,

    /// <summary>Low-rank additions to the attention projections of the U-Net, and of the text encoder if asked (Hu et al. 2021).</summary>
    LoRA,

    /// <summary>Only the embedding of one word (Gal et al. 2023).</summary>
    TextualInversion,
}

/// <summary>How the learning rate runs over the steps of an attack, after a linear warm-up; diffusers' schedules.</summary>
public enum LearningRateSchedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls to zero in a straight line.</summary>
    Linear,

    /// <summary>It falls to zero along half a cosine.</summary>
    Cosine,
}
