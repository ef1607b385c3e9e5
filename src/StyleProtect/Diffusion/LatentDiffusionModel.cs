using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion;

/// <summary>
/// A loaded latent diffusion model: autoencoder, text encoder (two in Stable Diffusion XL), U-Net, noise schedule, tokenizer. Or an autoencoder without the
/// rest, or an ensemble of autoencoders. All weights are frozen.
/// </summary>
internal sealed class LatentDiffusionModel : IDisposable
{
    // Timesteps of the noise that is drawn, but not looked at, where there is no schedule.
    private const int UsualTimesteps = 1000;

    private readonly DenoisingParts? _parts;

    internal LatentDiffusionModel(
        IAutoencoder autoencoder, UNet2DConditionModel unet, ClipTextModel textEncoder, NoiseSchedule schedule, ITokenizer tokenizer,
        SecondText? second = null)
    {
        Autoencoders = [new LatentAutoencoder(autoencoder)];
        _parts = new DenoisingParts(unet, textEncoder, schedule, tokenizer, second);
        var weight = unet.parameters().First();
        WeightType = weight.dtype;
        Device = weight.device;
    }

    /// <summary>Autoencoders without a U-Net.</summary>
    /// <param name="autoencoders">At least one; several are an ensemble.</param>
    internal LatentDiffusionModel(IReadOnlyList<IAutoencoder> autoencoders)
    {
        Autoencoders = [.. autoencoders.Select(a => new LatentAutoencoder(a))];
        (WeightType, Device) = (Autoencoder.WeightType, Autoencoder.Device);
    }

    /// <summary>The autoencoders, at least one; several only where there is no U-Net.</summary>
    internal IReadOnlyList<LatentAutoencoder> Autoencoders { get; }

    /// <summary>The model's own autoencoder, or the first one of an ensemble.</summary>
    internal LatentAutoencoder Autoencoder => Autoencoders[0];

    /// <summary>Whether there is a U-Net with its text encoder, tokenizer and noise schedule.</summary>
    internal bool HasUNet => _parts is not null;

    internal UNet2DConditionModel UNet => Parts.UNet;

    internal ClipTextModel TextEncoder => Parts.TextEncoder;

    internal NoiseSchedule Schedule => Parts.Schedule;

    internal ITokenizer Tokenizer => Parts.Tokenizer;

    /// <summary>Stable Diffusion XL's; null for the others.</summary>
    internal SecondText? Second => Parts.Second;

    /// <summary>Timesteps of the noise schedule.</summary>
    internal int TrainTimesteps => _parts?.Schedule.Config.NumTrainTimesteps ?? UsualTimesteps;

    /// <summary>Element type of the frozen weights.</summary>
    internal ScalarType WeightType { get; }

    internal Device Device { get; }

    /// <summary>The operations that all parts compute with.</summary>
    internal ILayerOperations Operations => Autoencoder.Operations;

    /// <summary>Side of the pictures that the model was trained on, in pixels.</summary>
    internal int PictureSize => _parts is { } parts ? parts.UNet.Config.SampleSize * Autoencoder.Downsampling : Autoencoder.Network.PictureSize;

    /// <summary>What the sides of a view must be a multiple of: every halving of U-Net and autoencoders is then exact.</summary>
    internal int SizeStep => (_parts?.UNet.Downsampling ?? 1) * CommonMultiple(Autoencoders.Select(a => a.Downsampling));

    /// <summary>The layers' modules of all parts.</summary>
    internal IEnumerable<nn.Module> Networks =>
        Autoencoders.Select(a => a.Network.Network).Concat(new nn.Module?[] { _parts?.UNet, _parts?.TextEncoder, _parts?.Second?.Encoder }.OfType<nn.Module>());

    private DenoisingParts Parts => _parts ?? throw new InvalidOperationException("This model has no U-Net: only its autoencoder can be asked.");

    /// <summary>The smallest number that all are divisors of.</summary>
    internal static int CommonMultiple(IEnumerable<int> numbers) =>
        numbers.Aggregate(1, (a, b) => (int)(a / System.Numerics.BigInteger.GreatestCommonDivisor(a, b)) * b);

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

    /// <inheritdoc cref="LatentAutoencoder.Moments"/>
    internal Tensor Moments(Tensor pictures) => Autoencoder.Moments(pictures);

    /// <inheritdoc cref="LatentAutoencoder.Sample"/>
    internal Tensor Sample(Tensor moments, Tensor posteriorNoise) => Autoencoder.Sample(moments, posteriorNoise);

    /// <inheritdoc cref="LatentAutoencoder.Decode"/>
    internal Tensor Decode(Tensor latents) => Autoencoder.Decode(latents);

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
        var f = Autoencoder.Downsampling;
        long height = latents.shape[2] * f, width = latents.shape[3] * f;
        return tensor([height, width, 0, 0, height, width], dtype: float32, device: Device).expand(latents.shape[0], -1);
    }

    private Tensor Ids(ITokenizer tokenizer, string prompt) => tensor(tokenizer.Encode(prompt).Ids, device: Device).unsqueeze(0);

    /// <inheritdoc cref="LatentAutoencoder.LatentShape"/>
    internal long[] LatentShape(long count, long height, long width) => Autoencoder.LatentShape(count, height, width);

    /// <summary>Lets all parts compute with other operations from now on.</summary>
    internal void ComputeWith(ILayerOperations operations)
    {
        foreach (var autoencoder in Autoencoders) autoencoder.Operations = operations;
        foreach (var layer in OperatingLayers) layer.Operations = operations;
    }

    internal IEnumerable<IOperatingLayer> OperatingLayers => Networks.SelectMany(part => part.modules()).OfType<IOperatingLayer>();

    public void Dispose()
    {
        foreach (var autoencoder in Autoencoders) autoencoder.Dispose();
        foreach (var network in Networks.Skip(Autoencoders.Count)) network.Dispose();
    }

    private sealed record DenoisingParts(
        UNet2DConditionModel UNet, ClipTextModel TextEncoder, NoiseSchedule Schedule, ITokenizer Tokenizer, SecondText? Second);
}

/// <summary>Stable Diffusion XL's second reader of the prompt.</summary>
/// <param name="Encoder">With projection: its pooled state is a condition of its own.</param>
/// <param name="Tokenizer">Its tokenizer; it fills with another token than the first.</param>
/// <param name="ZerosForEmptyPrompt">Whether guidance leads away from zeros where no negative prompt is given.</param>
internal sealed record SecondText(ClipTextModel Encoder, ITokenizer Tokenizer, bool ZerosForEmptyPrompt);
