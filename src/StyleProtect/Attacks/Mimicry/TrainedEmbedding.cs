using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Training;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>The embedding of one word, in fp32, that stands in for the word's row; the table itself is not touched.</summary>
internal sealed class TrainedEmbedding : ITrained
{
    private readonly LatentDiffusionModel _model;

    /// <exception cref="AttackException">A word is not one token, or a picture's caption does not have the placeholder.</exception>
    internal TrainedEmbedding(LatentDiffusionModel model, AttackRequest request)
    {
        var options = request.Options;
        _model = model;
        var id = TokenOf(model, options.Placeholder);
        if (request.EveryCaption.FirstOrDefault(c => !model.Tokenizer.Encode(c).Ids.Contains(id)) is { } without)
            throw new AttackException($"The caption '{without}' does not have the word '{options.Placeholder}' whose embedding is learned.");
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var row = model.TextEncoder.TokenEmbedding.Weight[options.InitialWord is { } word ? TokenOf(model, word) : id];
        Vector = row.to(float32, copy: true).contiguous().DetachFromDisposeScope().requires_grad_(true);
        model.TextEncoder.TokenEmbedding.Override = new TokenOverride(id, Vector);
    }

    internal Tensor Vector { get; }

    public IReadOnlyList<Tensor> Masters => [Vector];

    public IReadOnlyList<Tensor> Leaves => Masters;

    public void Publish()
    {
    }

    public void Dispose()
    {
        _model.TextEncoder.TokenEmbedding.Override = null;
        Vector.grad = null;
        Vector.Dispose();
    }

    /// <summary>The number of a word's token.</summary>
    /// <exception cref="AttackException">The word is not one known token.</exception>
    internal static long TokenOf(LatentDiffusionModel model, string word)
    {
        var tokens = model.Tokenizer.Encode(word).Tokens;
        if (tokens is [var token] && token.Id != model.Tokenizer.Special.Unknown) return token.Id;
        throw new AttackException(tokens.Count == 1
            ? $"The model's tokenizer does not know the word '{word}'. Choose one that it has, such as 'sks'."
            : $"'{word}' is {tokens.Count} tokens for the model's tokenizer; one is needed. Choose a rare short word, such as 'sks'.");
    }
}
