using StyleProtect.Diffusion;
using static TorchSharp.torch;

namespace StyleProtect.Layers.Analysis;

/// <summary>The captions of the examples, and those that differ from them only in the style words or only in the content words.</summary>
internal sealed class CaptionSet
{
    private readonly LatentDiffusionModel _model;
    private readonly SensitivityOptions _options;
    private readonly IReadOnlyList<PreparedExample> _examples;

    /// <exception cref="LayerSelectionException">Words are missing, or there is only one style and no other to compare it with.</exception>
    internal CaptionSet(LatentDiffusionModel model, SensitivityOptions options, IReadOnlyList<PreparedExample> examples)
    {
        (_model, _options, _examples) = (model, options, examples);
        Captions = [.. examples.Select(e => Caption.Of(options.Template, e.Content, e.Style, model.Tokenizer))];
        if (options.OtherStyle is null && examples.Select(e => e.Style).Distinct(StringComparer.OrdinalIgnoreCase).Count() < 2)
            throw new LayerSelectionException(
                $"All pictures have the style '{examples[0].Style}'; style is told from content by comparing at least two styles.");
    }

    internal IReadOnlyList<Caption> Captions { get; }

    /// <summary>Text embedding of an example's caption.</summary>
    internal TextEmbedding Own(int example) => _model.EncodePrompt(Captions[example].Text);

    /// <summary>Of the caption with other style words; another seed takes other words where there are any.</summary>
    internal TextEmbedding OtherStyle(int example, int seed) =>
        Encode(_examples[example].Content, Other(e => e.Style, example, seed, _options.OtherStyle));

    /// <summary>Of the caption with other content words.</summary>
    internal TextEmbedding OtherContent(int example, int seed) =>
        Encode(Other(e => e.Content, example, seed, _options.OtherContent), _examples[example].Style);

    /// <summary>Mean text embedding of each example's content words.</summary>
    internal IReadOnlyList<float[]> ContentEmbeddings()
    {
        using var scope = NewDisposeScope();
        return [.. Captions.Select((c, i) => Own(i).Tokens[0][Positions(c)].to(float32).mean([0L]).cpu().data<float>().ToArray())];

        Tensor Positions(Caption caption) => tensor(caption.Content.Select(p => (long)p).ToArray(), device: _model.Device);
    }

    private TextEmbedding Encode(string content, string style) => _model.EncodePrompt(Caption.Of(_options.Template, content, style, _model.Tokenizer).Text);

    private string Other(Func<PreparedExample, string> words, int example, int seed, string? fallback)
    {
        var own = words(_examples[example]);
        var others = _examples.Select(words).Where(w => !string.Equals(w, own, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase)
            .ToArray();
        return others.Length > 0 ? others[(example + seed) % others.Length] : fallback ?? own;
    }
}
