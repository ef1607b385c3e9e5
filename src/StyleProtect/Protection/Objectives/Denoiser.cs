using StyleProtect.Diffusion;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Objectives;

/// <summary>The U-Net with its noise schedule, as objectives use it. Every method is differentiable; tensors are fp32 at the boundary.</summary>
public sealed class Denoiser
{
    private readonly LatentDiffusionModel _model;
    private readonly PromptEmbedding _prompt;

    internal Denoiser(LatentDiffusionModel model, PromptEmbedding prompt) => (_model, _prompt) = (model, prompt);

    /// <summary>Timesteps of the noise schedule: 1,000 in Stable Diffusion.</summary>
    public int TrainTimesteps => _model.Schedule.Config.NumTrainTimesteps;

    /// <summary>ᾱ of a timestep: the share of the signal's variance that is left.</summary>
    /// <param name="timestep">0 to <see cref="TrainTimesteps"/> − 1.</param>
    public double AlphaCumprod(int timestep) => _model.Schedule.AlphaCumprod(timestep);

    /// <summary>√ᾱ·z + √(1 − ᾱ)·ε.</summary>
    /// <param name="latents">Scaled latents [N, C, h, w].</param>
    /// <param name="noise">In their shape.</param>
    /// <param name="timesteps">int64 [N].</param>
    public Tensor AddNoise(Tensor latents, Tensor noise, Tensor timesteps) => _model.Schedule.AddNoise(latents, noise, timesteps);

    /// <summary>What the U-Net predicts: noise, velocity or clean latents, as the model was trained.</summary>
    /// <param name="noisy">[N, C, h, w].</param>
    /// <param name="timesteps">int64 [N].</param>
    /// <param name="prompt">The text; null takes the request's prompt.</param>
    public Tensor Predict(Tensor noisy, Tensor timesteps, PromptEmbedding? prompt = null) => _model.Predict(noisy, timesteps, (prompt ?? _prompt).Embedding);

    /// <summary>The noise behind a prediction, whatever the model predicts.</summary>
    /// <param name="prediction">Of <see cref="Predict"/>.</param>
    /// <param name="noisy">What was predicted from.</param>
    /// <param name="timesteps">int64 [N].</param>
    public Tensor NoiseOf(Tensor prediction, Tensor noisy, Tensor timesteps) => _model.Schedule.NoiseOf(prediction, noisy, timesteps);

    /// <summary>What the prediction is trained towards.</summary>
    /// <param name="latents">Scaled latents [N, C, h, w].</param>
    /// <param name="noise">In their shape.</param>
    /// <param name="timesteps">int64 [N].</param>
    public Tensor Target(Tensor latents, Tensor noise, Tensor timesteps) => _model.Schedule.Target(latents, noise, timesteps);

    /// <summary>Embeds a prompt.</summary>
    /// <param name="prompt">The text; empty for the unconditional embedding.</param>
    public PromptEmbedding Embed(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new PromptEmbedding(_model.EncodePrompt(prompt));
    }
}

/// <summary>A prompt as the U-Net reads it.</summary>
public sealed class PromptEmbedding
{
    internal PromptEmbedding(TextEmbedding embedding) => Embedding = embedding;

    /// <summary>An embedding of one's own, for objectives that change it.</summary>
    /// <param name="tokens">One vector for each token, [1 or N, T, D].</param>
    /// <param name="pooled">The whole text in one vector, [1 or N, P], which only Stable Diffusion XL reads; null for the others.</param>
    public PromptEmbedding(Tensor tokens, Tensor? pooled = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Embedding = new TextEmbedding(tokens, pooled);
    }

    /// <summary>One vector for each token, [1 or N, T, D], in the weights' type.</summary>
    public Tensor Tokens => Embedding.Tokens;

    /// <summary>The whole text in one vector, [1 or N, P]; null but in Stable Diffusion XL.</summary>
    public Tensor? Pooled => Embedding.Pooled;

    internal TextEmbedding Embedding { get; }
}
