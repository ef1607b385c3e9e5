namespace StyleProtect.Attacks;

/// <summary>Published attack protocols, and one sized for the embedded model.</summary>
public static class AttackPresets
{
    /// <summary>What the StyleProtect authors' script does (Stable Diffusion 1.5, 512 px): 400 steps, batch 1, learning rate 5e-6, min-SNR 5, random crops; 50 sampling steps, guidance 7.5. The script's 8-bit Adam is AdamW here.</summary>
    public static AttackOptions Paper { get; } = new() { MinSnrGamma = 5 };

    /// <summary>The fine-tuning of "Adversarial Perturbations Cannot Reliably Protect Artists From Generative AI" (Hönig et al. 2024): 2,000 steps, batch 4, learning rate 5e-6, flips, DPM++ 2M with 50 steps. Captions are one instance prompt here, not BLIP-2's.</summary>
    public static AttackOptions RobustMimicry { get; } = new()
    {
        Steps = 2000, Batch = 4, Flip = true, RandomCrop = false, InstancePrompt = "an illustration by nulevoy", Sampler = "DPMSolverMultistepScheduler",
    };

    /// <summary>For the embedded model: some 15 to 30 seconds on one core.</summary>
    public static AttackOptions Embedded { get; } = new()
    {
        Steps = 150, Batch = 4, LearningRate = 2e-4, RandomCrop = false, InstancePrompt = "a picture in the style of sks", Sampler = "DDIMScheduler", SamplingSteps = 30, Guidance = 3,
    };
}
