using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Diffusion.Tokenization;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>Models with random weights, in memory: what a step takes does not depend on what a model has learned.</summary>
internal static class RandomModel
{
    /// <summary>Makes a frozen model with PyTorch's default initialisation, with which activations stay finite in bf16 too.</summary>
    internal static LatentDiffusionModel Create(ModelShape shape, ScalarType type, Device device, ulong seed = 1)
    {
        using var weights = WeightFactory.Use(type, device);
        using var generator = new Generator(seed, device);
        var (autoencoder, unet, text) = (new AutoencoderKL(shape.Autoencoder), new UNet2DConditionModel(shape.UNet),
            new ClipTextModel(shape.Text, withProjection: false));
        foreach (var part in (nn.Module[])[autoencoder, unet, text]) WeightInitializer.Initialize(part, generator);
        var schedule = new NoiseSchedule(new SchedulerConfig { BetaStart = 0.00085, BetaEnd = 0.012, BetaSchedule = BetaSchedule.ScaledLinear });
        return new LatentDiffusionModel(autoencoder, unet, text, schedule, new EmptyTokenizer(shape.Text));
    }

    /// <summary>The same weights in another type.</summary>
    internal static LatentDiffusionModel Copy(LatentDiffusionModel model, ModelShape shape, ScalarType type)
    {
        var copy = Create(shape, type, model.Device);
        using var frozen = no_grad();
        foreach (var (target, source) in Parameters(copy).Zip(Parameters(model))) target.copy_(source);
        return copy;
    }

    private static IEnumerable<Tensor> Parameters(LatentDiffusionModel model) =>
        model.Networks.SelectMany(n => n.parameters());

    /// <summary>Knows no word: a prompt is begin, end and fill.</summary>
    private sealed class EmptyTokenizer(ClipTextConfig text) : ITokenizer
    {
        public int MaxLength => text.MaxPositionEmbeddings;

        public int VocabularySize => text.VocabSize;

        public SpecialTokenIds Special { get; } = new(0, text.EosTokenId, text.EosTokenId, text.EosTokenId);

        public TokenizedText Encode(string text) => new SequenceBuilder(text, Special, MaxLength).Build();
    }
}
