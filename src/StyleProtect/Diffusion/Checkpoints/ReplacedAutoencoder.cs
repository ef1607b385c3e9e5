using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Tokenization;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A model whose autoencoder comes from elsewhere: a better one of the same latents, or the one that a file without an autoencoder needs.</summary>
internal sealed class ReplacedAutoencoder : ModelSource
{
    private readonly ModelSource _model, _vae;

    /// <param name="model">The model.</param>
    /// <param name="vae">Gives the part <c>vae</c>.</param>
    /// <exception cref="CheckpointException">There is no autoencoder in <paramref name="vae"/>.</exception>
    internal ReplacedAutoencoder(ModelSource model, ModelSource vae) : base(model.Root, $"{model.Name} with {vae.Name}", IndexOf(model, vae)) =>
        (_model, _vae) = (model, vae);

    internal override IReadOnlyList<string> Notes => [.. base.Notes, .. _model.Notes, .. _vae.Notes];

    internal override string? WithoutUNet => _model.WithoutUNet;

    internal override bool PredictionIsAssumed => _model.PredictionIsAssumed;

    internal override bool IsAutoencoderAlone => _model.IsAutoencoderAlone;

    internal override void Require(params string[] parts)
    {
        foreach (var group in parts.GroupBy(Of)) group.Key.Require([.. group]);
    }

    internal override string ConfigPathOf(string part) => Of(part).ConfigPathOf(part);

    internal override T ConfigOf<T>(string part) => Of(part).ConfigOf<T>(part);

    internal override ClipTextConfig TextConfigOf(string part) => Of(part).TextConfigOf(part);

    internal override WeightsSource WeightsOf(string part) => Of(part).WeightsOf(part);

    internal override IReadOnlyList<string> WeightsFilesOf(params string[] parts) =>
        [.. parts.SelectMany(p => Of(p).WeightsFilesOf(p)).Distinct(StringComparer.Ordinal)];

    internal override ITokenizer TokenizerOf(string part) => Of(part).TokenizerOf(part);

    private ModelSource Of(string part) => part == "vae" ? _vae : _model;

    private static ModelIndex IndexOf(ModelSource model, ModelSource vae)
    {
        if (!vae.Index.Parts.TryGetValue("vae", out var part)) throw new CheckpointException($"'{vae.Root}' was named as an autoencoder and has none.");
        return model.Index with { Parts = new Dictionary<string, ModelPart>(model.Index.Parts, StringComparer.Ordinal) { ["vae"] = part } };
    }
}
