using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>CLIP's text half (transformers' CLIPTextModel, and CLIPTextModelWithProjection where it projects).</summary>
internal sealed class ClipTextModel : Module
{
    private readonly Embedding _tokens;
    private readonly Embedding _positions;
    private readonly ClipEncoder _encoder;
    private readonly LayerNorm _finalNorm;
    private readonly Linear? _projection;

    internal ClipTextModel(ClipTextConfig config, bool withProjection = false) : base(nameof(ClipTextModel))
    {
        Config = config;
        _tokens = new Embedding(config.VocabSize, config.HiddenSize);
        _positions = new Embedding(config.MaxPositionEmbeddings, config.HiddenSize);
        _encoder = new ClipEncoder(
            config.NumHiddenLayers, config.HiddenSize, config.IntermediateSize, config.NumAttentionHeads, config.HiddenAct, config.LayerNormEps);
        _finalNorm = new LayerNorm(config.HiddenSize, config.LayerNormEps);
        register_module("text_model", new NumberedModules(
            ("embeddings", new NumberedModules(("token_embedding", _tokens), ("position_embedding", _positions))),
            ("encoder", _encoder),
            ("final_layer_norm", _finalNorm)));
        if (withProjection) register_module("text_projection", _projection = new Linear(config.HiddenSize, config.ProjectionDim, bias: false));
    }

    internal ClipTextConfig Config { get; }

    internal Embedding TokenEmbedding => _tokens;

    /// <param name="ids">Token numbers [N, L], int64.</param>
    /// <param name="mask">1 for tokens that are seen, 0 for padding, [N, L]; or null.</param>
    internal ClipTextOutput Forward(Tensor ids, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        long n = ids.shape[0], length = ids.shape[1];
        if (length > Config.MaxPositionEmbeddings)
            throw new ArgumentException($"A prompt of {length} tokens is longer than the model's {Config.MaxPositionEmbeddings}.", nameof(ids));
        var hidden = _tokens.forward(ids).Add(_positions.Weight.narrow(0, 0, length).unsqueeze(0));
        var states = _encoder.Forward(hidden, Mask(length, mask, hidden));
        var last = _finalNorm.forward(states[^1]);
        var end = EndPositions(ids);
        var pooled = last.gather(1, end.view(n, 1, 1).expand(n, 1, last.shape[2])).squeeze(1);
        return new ClipTextOutput(
            last.MoveToOuterDisposeScope(),
            pooled.MoveToOuterDisposeScope(),
            [.. states.Select(s => s.MoveToOuterDisposeScope())],
            _projection?.forward(pooled).MoveToOuterDisposeScope());
    }

    /// <summary>clip_skip: an earlier layer's output through the final norm, as diffusers does for Stable Diffusion.</summary>
    internal Tensor FinalNorm(Tensor hidden) => _finalNorm.forward(hidden);

    private Tensor EndPositions(Tensor ids) => Config.EosTokenId == 2 ? ids.argmax(-1) : ids.Eq(Config.EosTokenId).to(int32).argmax(-1);

    private static Tensor Mask(long length, Tensor? seen, Tensor like)
    {
        var lowest = like.dtype switch
        {
            ScalarType.Float16 => -65504,
            ScalarType.BFloat16 => -3.3895313892515355e38, // fp32's lowest value is beyond bf16's
            _ => (double)float.MinValue,
        };
        var causal = TensorMath.Full([length, length], lowest, like.dtype, like.device).triu(1).view(1, 1, length, length);
        if (seen is null) return causal;
        var hidden = seen.Eq(0).view(seen.shape[0], 1, 1, length);
        return causal.expand(seen.shape[0], 1, length, length).MaskedFill(hidden, lowest);
    }
}

/// <summary>What CLIP's text half gives.</summary>
/// <param name="LastHiddenState">[N, L, C], after the final norm.</param>
/// <param name="Pooled">The end token's state [N, C].</param>
/// <param name="HiddenStates">Input and output of every layer, without the final norm.</param>
/// <param name="TextEmbeds">The projected pooled state [N, P]; null for models without projection.</param>
internal sealed record ClipTextOutput(Tensor LastHiddenState, Tensor Pooled, IReadOnlyList<Tensor> HiddenStates, Tensor? TextEmbeds);
