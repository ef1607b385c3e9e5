using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>
/// A loaded text-to-image latent diffusion model: autoencoder, text encoder (two in Stable Diffusion XL), U-Net, noise schedule, tokenizer. All weights are
/// frozen.
/// </summary>
internal sealed class LatentDiffusionModel : IDisposable
{
    internal LatentDiffusionModel(
        AutoencoderKL autoencoder, UNet2DConditionModel unet, ClipTextModel textEncoder, NoiseSchedule schedule, ITokenizer tokenizer,
        SecondText? second = null)
    {
        Autoencoder = autoencoder;
        UNet = unet;
        TextEncoder = textEncoder;
        Schedule = schedule;
        Tokenizer = tokenizer;
        Second = second;
        var weight = unet.parameters().First();
        WeightType = weight.dtype;
        Device = weight.device;
    }

    internal AutoencoderKL Autoencoder { get; }

    internal UNet2DConditionModel UNet { get; }

    internal ClipTextModel TextEncoder { get; }

    internal NoiseSchedule Schedule { get; }

    internal ITokenizer Tokenizer { get; }

    /// <summary>Stable Diffusion XL's; null for the others.</summary>
    internal SecondText? Second { get; }

    /// <summary>Element type of the frozen weights.</summary>
    internal ScalarType WeightType { get; }

    internal Device Device { get; }

    /// <summary>The operations that all parts compute with.</summary>
    internal ILayerOperations Operations { get; private set; } = FusedOperations.Instance;

    /// <summary>Side of the pictures that the model was trained on, in pixels.</summary>
    internal int PictureSize => UNet.Config.SampleSize * Autoencoder.Config.Downsampling();

    /// <summary>What the sides of a view must be a multiple of: every halving of autoencoder and U-Net is then exact.</summary>
    internal int SizeStep => UNet.Downsampling * Autoencoder.Config.Downsampling();

    /// <summary>Text embedding of a prompt, [1, T, D] in the weights' type.</summary>
    internal TextEmbedding EncodePrompt(string prompt)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        if (Second is null) return new TextEmbedding(EncodeIds(Ids(Tokenizer, prompt)).MoveToOuterDisposeScope());
        // The state before the last layer, without the final norm, of both encoders side by side.
        ClipTextOutput first = TextEncoder.Forward(Ids(Tokenizer, prompt)), second = Second.Encoder.Forward(Ids(Second.Tokenizer, prompt));
        return new TextEmbedding(cat([first.HiddenStates[^2], second.HiddenStates[^2]], -1), second.TextEmbeds).MoveToOuterDisposeScope();
    }

    /// <summary>What guidance leads away from: the embedding of the negative prompt, or zeros where the model was trained so.</summary>
    internal TextEmbedding EncodeNegative(string prompt)
    {
        using var scope = NewDisposeScope();
        var embedding = EncodePrompt(prompt);
        return (prompt.Length == 0 && Second is { ZerosForEmptyPrompt: true } ? embedding.ZerosLike() : embedding).MoveToOuterDisposeScope();
    }

    /// <summary>Text embedding of token numbers [N, T], for models with one text encoder.</summary>
    internal Tensor EncodeIds(Tensor ids)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return TextEncoder.Forward(ids).LastHiddenState.MoveToOuterDisposeScope();
    }

    /// <summary>Pictures [N, 3, H, W] in [−1, 1] to scaled latents, sampled with the given noise; differentiable.</summary>
    internal Tensor Encode(Tensor pictures, Tensor posteriorNoise)
    {
        using var scope = NewDisposeScope();
        return Sample(Moments(pictures), posteriorNoise).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures [N, 3, H, W] in [−1, 1] to the moments of their latents, fp32: the expensive half of <see cref="Encode"/>.</summary>
    internal Tensor Moments(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        // The moments are few: sampling in fp32 keeps the small deviations of a well-trained autoencoder.
        return Autoencoder.Encode(Operations.Arrange(pictures.to(WeightType))).Moments.to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>Moments to scaled latents, sampled with the given noise.</summary>
    internal Tensor Sample(Tensor moments, Tensor posteriorNoise)
    {
        using var scope = NewDisposeScope();
        var latents = new DiagonalGaussian(moments).Sample(posteriorNoise);
        var config = Autoencoder.Config;
        return latents.Sub(config.ShiftFactor ?? 0).Mul(config.ScalingFactor).MoveToOuterDisposeScope();
    }

    /// <summary>Scaled latents to pictures [N, 3, H, W] in about [−1, 1], fp32.</summary>
    internal Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var config = Autoencoder.Config;
        var z = latents.to(float32).Div(config.ScalingFactor).Add(config.ShiftFactor ?? 0);
        return Autoencoder.Decode(Operations.Arrange(z.to(WeightType))).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>The U-Net's prediction in fp32.</summary>
    /// <param name="noisy">[N, C, h, w], fp32.</param>
    /// <param name="timesteps">int64 [N].</param>
    /// <param name="context">N texts, or one for all.</param>
    /// <param name="guidance">The scale that a model distilled with guidance takes as a condition; others ignore it.</param>
    internal Tensor Predict(Tensor noisy, Tensor timesteps, TextEmbedding context, double guidance = UNet2DConditionModel.DistilledGuidance)
    {
        using var scope = NewDisposeScope();
        var text = context.Expand(noisy.shape[0]);
        var added = text.Pooled is { } pooled ? new AddedConditions(pooled, TimeIds(noisy)) : null;
        return UNet.Forward(Operations.Arrange(noisy.to(WeightType)), timesteps, text.Tokens, added, guidance).to(float32).MoveToOuterDisposeScope();
    }

    /// <summary>Original size, crop and target size: whole pictures of the size that the latents stand for.</summary>
    private Tensor TimeIds(Tensor latents)
    {
        var f = Autoencoder.Config.Downsampling();
        long height = latents.shape[2] * f, width = latents.shape[3] * f;
        return tensor([height, width, 0, 0, height, width], dtype: float32, device: Device).expand(latents.shape[0], -1);
    }

    private Tensor Ids(ITokenizer tokenizer, string prompt) => tensor(tokenizer.Encode(prompt).Ids, device: Device).unsqueeze(0);

    /// <summary>Shape of the latents of pictures of a size.</summary>
    internal long[] LatentShape(long count, long height, long width)
    {
        var f = Autoencoder.Config.Downsampling();
        return [count, Autoencoder.Config.LatentChannels, height / f, width / f];
    }

    /// <summary>Lets all parts compute with other operations from now on.</summary>
    internal void ComputeWith(ILayerOperations operations)
    {
        Operations = operations;
        foreach (var layer in OperatingLayers) layer.Operations = operations;
    }

    internal IEnumerable<IOperatingLayer> OperatingLayers =>
        new nn.Module?[] { Autoencoder, UNet, TextEncoder, Second?.Encoder }.SelectMany(part => part?.modules() ?? []).OfType<IOperatingLayer>();

    public void Dispose()
    {
        Autoencoder.Dispose();
        UNet.Dispose();
        TextEncoder.Dispose();
        Second?.Encoder.Dispose();
    }
}

/// <summary>Stable Diffusion XL's second reader of the prompt.</summary>
/// <param name="Encoder">With projection: its pooled state is a condition of its own.</param>
/// <param name="Tokenizer">Its tokenizer; it fills with another token than the first.</param>
/// <param name="ZerosForEmptyPrompt">Whether guidance leads away from zeros where no negative prompt is given.</param>
internal sealed record SecondText(ClipTextModel Encoder, ITokenizer Tokenizer, bool ZerosForEmptyPrompt);
