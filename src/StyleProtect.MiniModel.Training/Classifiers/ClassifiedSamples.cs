using System.Text.Json.Nodes;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Sampling;
using StyleProtect.Perception;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Classifiers;

/// <summary>
/// Do generated pictures show the style and the content that was asked for? Held-out pairs, classified beside reconstructions of the real drawings of the same
/// pairs.
/// </summary>
internal sealed class ClassifiedSamples : IDisposable
{
    internal static SamplingOptions Options(double guidance) => new() { Scheduler = "DDIMScheduler", Steps = 30, Guidance = guidance, Seed = 1000, Batch = 32 };

    private readonly DataSet _set;
    private readonly LatentDiffusionModel _model;
    private readonly PictureClassifier _style;
    private readonly PictureClassifier _content;
    private readonly long[] _trained;

    internal ClassifiedSamples(DataSet set, LatentDiffusionModel model, string classifiers)
    {
        (_set, _model) = (set, model);
        _style = PictureClassifier.Open(Path.Combine(classifiers, "style"));
        _content = PictureClassifier.Open(Path.Combine(classifiers, "content"));
        _trained = [.. set.Manifest.Styles.Where(s => s.Role == StyleRole.Training).Select(s => (long)_style.IndexOf(s.Id))];
    }

    /// <param name="count">Number of held-out pairs.</param>
    /// <param name="guidance">Weight of classifier-free guidance.</param>
    internal JsonObject Measure(int count, double guidance)
    {
        var options = Options(guidance);
        using var scope = NewDisposeScope();
        var known = _content.Classes.ToHashSet(StringComparer.Ordinal);
        var pool = _set.Pool(PictureSplit.HeldOutPair).Where(i => known.Contains(_set.Manifest.Contents[_set.Manifest.Pictures[i].Content].Name)).ToArray();
        int[] chosen = [.. Enumerable.Range(0, Math.Min(count, pool.Length)).Select(i => pool[i * pool.Length / Math.Min(count, pool.Length)])];
        using var batch = _set.Batch(chosen, ModelShapes.PictureSize);
        var reconstructed = ReconstructedPictures.RoundTrip(_model, batch.Images);
        var generated = new TextToImageSampler(_model).Sample(batch.Captions, options);
        bool[] style = StyleRight(generated, chosen), styleCeiling = StyleRight(reconstructed, chosen), content = ContentRight(generated, chosen),
            contentCeiling = ContentRight(reconstructed, chosen);
        return new JsonObject
        {
            ["held_out_pairs"] = chosen.Length,
            ["sampler"] = $"DDIM, {options.Steps} steps, guidance {options.Guidance}",
            ["style_accuracy"] = Share(style),
            ["style_accuracy_ceiling"] = Share(styleCeiling),
            ["style_classes"] = _style.Classes.Count,
            ["style_accuracy_among_training_styles"] = Share(StyleRight(generated, chosen, _trained)),
            ["style_accuracy_among_training_styles_ceiling"] = Share(StyleRight(reconstructed, chosen, _trained)),
            ["training_styles"] = _trained.Length,
            ["content_accuracy"] = Share(content),
            ["content_accuracy_ceiling"] = Share(contentCeiling),
            ["content_top5"] = Share(ContentRight(generated, chosen, top: 5)),
            ["content_classes"] = _content.Classes.Count,
            ["by_style"] = new JsonObject(
                chosen.Index().GroupBy(c => StyleOf(c.Item), c => c.Index, StringComparer.Ordinal)
                    .Select(g => KeyValuePair.Create<string, JsonNode?>(g.Key, OfStyle([.. g])))),
        };

        string StyleOf(int picture) => _set.Manifest.Styles[_set.Manifest.Pictures[picture].Style].Id;

        JsonObject OfStyle(int[] pairs) => new()
        {
            ["pairs"] = pairs.Length,
            ["style_accuracy"] = Share([.. pairs.Select(i => style[i])]),
            ["style_accuracy_ceiling"] = Share([.. pairs.Select(i => styleCeiling[i])]),
            ["content_accuracy"] = Share([.. pairs.Select(i => content[i])]),
            ["content_accuracy_ceiling"] = Share([.. pairs.Select(i => contentCeiling[i])]),
        };
    }

    public void Dispose()
    {
        _style.Dispose();
        _content.Dispose();
    }

    /// <summary>Mean probability of a style.</summary>
    internal double StyleProbability(Tensor pictures, string style)
    {
        using var scope = NewDisposeScope();
        return _style.Probabilities(pictures).select(1, _style.IndexOf(style)).mean().item<float>();
    }

    /// <summary>Share of pictures whose content is classified as the one that was asked for.</summary>
    internal double ContentAccuracy(Tensor pictures, IReadOnlyList<string> contents)
    {
        using var scope = NewDisposeScope();
        return Mean(Right(_content.Probabilities(pictures), [.. contents.Select(c => (long)_content.IndexOf(c))], 1));
    }

    private static double Mean(bool[] right) => right.Average(r => r ? 1.0 : 0);

    private static double Share(bool[] right) => Math.Round(Mean(right), 3);

    /// <param name="among">The classes that are chosen from; null for all.</param>
    private bool[] StyleRight(Tensor pictures, int[] chosen, long[]? among = null)
    {
        using var scope = NewDisposeScope();
        var probabilities = _style.Probabilities(pictures);
        if (among is not null) probabilities = probabilities * tensor([.. Enumerable.Range(0, _style.Classes.Count).Select(c => among.Contains(c) ? 1f : 0f)]);
        return Right(probabilities, [.. chosen.Select(i => (long)_style.IndexOf(_set.Manifest.Styles[_set.Manifest.Pictures[i].Style].Id))], 1);
    }

    private bool[] ContentRight(Tensor pictures, int[] chosen, int top = 1)
    {
        using var scope = NewDisposeScope();
        return Right(
            _content.Probabilities(pictures), [.. chosen.Select(i => (long)_content.IndexOf(_set.Manifest.Contents[_set.Manifest.Pictures[i].Content].Name))],
            top);
    }

    private static bool[] Right(Tensor probabilities, long[] classes, int top) =>
        probabilities.topk(top, 1).indexes.eq(tensor(classes).unsqueeze(1)).any(1).data<bool>().ToArray();
}
