namespace StyleProtect.Attacks;

/// <summary>Published attack protocols, and one sized for the embedded model.</summary>
public static class AttackPresets
{
    /// <summary>
    /// What the StyleProtect authors' script does (Stable Diffusion 1.5, 512 px): 400 steps, batch 1, learning rate 5e-6, min-SNR 5, random crops; 50 sampling
    /// steps, guidance 7.5. The script's 8-bit Adam is AdamW here.
    /// </summary>
    public static AttackOptions Paper { get; } = new() { MinSnrGamma = 5 };

    /// <summary>
    /// The fine-tuning of "Adversarial Perturbations Cannot Reliably Protect Artists From Generative AI" (Hönig et al. 2024): 2,000 steps, batch 4, learning
    /// rate 5e-6, flips, DPM++ 2M with 50 steps. They caption each picture with BLIP-2: give captions with <see cref="AttackRequest.Captions"/>, or all
    /// pictures have the instance prompt.
    /// </summary>
    public static AttackOptions RobustMimicry { get; } = new()
    {
        Steps = 2000,
        Batch = 4,
        Flip = true,
        RandomCrop = false,
        InstancePrompt = "an illustration by nulevoy",
        Sampler = "DPMSolverMultistepScheduler",
    };

    /// <summary>LoRA as Mist v2's authors evaluate with it (Stable Diffusion 1.5): rank 4, 2,000 steps, batch 1, learning rate 1e-4.</summary>
    public static AttackOptions LoRA { get; } = new() { Kind = AttackKind.LoRA, Steps = 2000, LearningRate = 1e-4 };

    /// <summary>
    /// Textual Inversion as StyleGuard's authors evaluate with it: 3,000 steps, learning rate 5e-4, batch 4 (their batch 1, accumulated four times).
    /// </summary>
    public static AttackOptions TextualInversion { get; } = new()
    {
        Kind = AttackKind.TextualInversion,
        Steps = 3000,
        Batch = 4,
        LearningRate = 5e-4,
        InitialWord = "painting",
    };

    /// <summary>
    /// Custom Diffusion's own settings: 500 steps, learning rate 1e-5, prior preservation with 200 class pictures. The word's embedding is not trained with it
    /// here.
    /// </summary>
    public static AttackOptions CustomDiffusion { get; } = new()
    {
        Kind = AttackKind.CustomDiffusion,
        Steps = 500,
        LearningRate = 1e-5,
        PriorWeight = 1,
        ClassPictures = 200,
    };

    /// <summary>For the embedded model: some 15 to 30 seconds on one core.</summary>
    public static AttackOptions Embedded { get; } = new()
    {
        Steps = 150,
        Batch = 4,
        LearningRate = 2e-4,
        RandomCrop = false,
        InstancePrompt = "a picture in the style of sks",
        Sampler = "DDIMScheduler",
        SamplingSteps = 30,
        Guidance = 3,
    };

    /// <summary>
    /// <see cref="Embedded"/> with a higher learning rate where fewer numbers are trained: 2e-3 for LoRA, 1e-3 for Custom Diffusion, 2e-2 for Textual
    /// Inversion. Only DreamBooth's has been measured.
    /// </summary>
    /// <param name="kind">What is trained.</param>
    public static AttackOptions EmbeddedFor(AttackKind kind) => Embedded with
    {
        Kind = kind,
        LearningRate = kind switch
        {
            AttackKind.LoRA => 2e-3,
            AttackKind.CustomDiffusion => 1e-3,
            AttackKind.TextualInversion => 2e-2,
            _ => Embedded.LearningRate,
        },
    };
}
