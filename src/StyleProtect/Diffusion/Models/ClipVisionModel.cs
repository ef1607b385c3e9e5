using StyleProtect.Diffusion.Models.Layers;
using Parameter = TorchSharp.Modules.Parameter;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>CLIP's vision half (transformers' CLIPVisionModelWithProjection, or CLIPVisionModel without the projection).</summary>
internal sealed class ClipVisionModel : Module
{
    private readonly ClipVisionConfig _config;
    private readonly Embeddings _embeddings;
    private readonly LayerNorm _preNorm;
    private readonly ClipEncoder _encoder;
    private readonly LayerNorm _postNorm;
    private readonly Linear? _projection;

    internal ClipVisionModel(ClipVisionConfig config, bool withProjection = true) : base(nameof(ClipVisionModel))
    {
        _config = config;
        _embeddings = new Embeddings(config);
        _preNorm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        _encoder = new ClipEncoder(
            config.NumHiddenLayers, config.HiddenSize, config.IntermediateSize, config.NumAttentionHeads, config.HiddenAct, config.LayerNormEps);
        _postNorm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        register_module("vision_model", new NumberedModules(
            ("embeddings", _embeddings), ("pre_layrnorm", _preNorm), ("encoder", _encoder), ("post_layernorm", _postNorm)));
        if (withProjection) register_module("visual_projection", _projection = new Linear(config.HiddenSize, config.ProjectionDim, bias: false));
    }

    internal bool HasProjection => _projection is not null;

    /// <param name="pictures">Normalised pictures [N, 3, S, S].</param>
    /// <returns>The class token after the last norm [N, C], its projection [N, P] if the model has one, and the input and output of every layer.</returns>
    internal (Tensor Pooled, Tensor? ImageEmbeds, IReadOnlyList<Tensor> HiddenStates) Forward(Tensor pictures)
    {
        if (pictures.dim() != 4 || pictures.shape[2] != _config.ImageSize || pictures.shape[3] != _config.ImageSize)
            throw new ArgumentException(
                $"This CLIP model takes pictures of {_config.ImageSize} × {_config.ImageSize}, not [{string.Join(", ", pictures.shape)}].", nameof(pictures));
        using var scope = NewDisposeScope();
        var states = _encoder.Forward(_preNorm.forward(_embeddings.forward(pictures)), null);
        var pooled = _postNorm.forward(states[^1].select(1, 0));
        return (pooled.MoveToOuterDisposeScope(), _projection?.forward(pooled).MoveToOuterDisposeScope(), [.. states.Select(s => s.MoveToOuterDisposeScope())]);
    }

    private sealed class Embeddings : Module<Tensor, Tensor>
    {
        private readonly Parameter _class;
        private readonly Conv2d _patch;
        private readonly Embedding _position;

        internal Embeddings(ClipVisionConfig config) : base(nameof(Embeddings))
        {
            var patches = (config.ImageSize / config.PatchSize) * (config.ImageSize / config.PatchSize);
            register_parameter("class_embedding", _class = WeightFactory.Create(config.HiddenSize));
            register_module("patch_embedding", _patch = new Conv2d(3, config.HiddenSize, config.PatchSize, config.PatchSize, bias: false));
            register_module("position_embedding", _position = new Embedding(patches + 1, config.HiddenSize));
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var patches = _patch.forward(input).flatten(2).transpose(1, 2);
            var all = cat([_class.view(1, 1, -1).expand(input.shape[0], 1, -1), patches], 1);
            return all.Add(_position.Weight.unsqueeze(0)).MoveToOuterDisposeScope();
        }
    }
}
