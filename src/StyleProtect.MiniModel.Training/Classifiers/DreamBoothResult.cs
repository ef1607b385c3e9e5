using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Perception;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Classifiers;

/// <summary>
/// Can a mimic teach the model a style that it never saw? Style probability and content accuracy before and after fine-tuning on four and on eight pictures.
/// </summary>
internal sealed class DreamBoothResult(DataSet set, ClassifiedSamples classifiers, string model)
{
    internal static IReadOnlyList<string> Styles { get; } = ["openmoji", "streamline", "lorelei"];

    /// <summary>Twice the steps of the preset: what more of them give in style they take from the contents.</summary>
    private static readonly AttackOptions s_attack = AttackPresets.Embedded with { Steps = 300 };

    private static readonly string[] s_contents = ["red apple", "cat face", "grinning face", "rose", "pizza", "rocket", "star", "fish", "dog face", "house",
        "key", "ghost", "mushroom", "banana", "soccer ball", "crown"];

    /// <param name="seeds">Number of seeds.</param>
    /// <param name="sheets">Folder for a sheet of pictures; null for none.</param>
    internal JsonArray Measure(int seeds, string? sheets)
    {
        using var simulator = AttackSimulator.Create(new() { ModelPath = model });
        var result = new JsonArray();
        var rows = new List<Tensor>();
        using var scope = NewDisposeScope();
        // Before any training the pictures to learn from do not matter.
        Tensor[] untouched = [.. Enumerable.Range(1, seeds).Select(seed => Attack(simulator, [], s_attack with { Kind = AttackKind.None, Seed = seed }))];
        foreach (var style in Styles)
            foreach (var count in new[] { 4, 8 })
            {
                List<double> before = [], after = [], contentBefore = [], contentAfter = [];
                for (var seed = 1; seed <= seeds; seed++)
                {
                    var (pictures, captions) = Pictures(style, count, seed);
                    var mimicked = Attack(simulator, pictures, s_attack with { Seed = seed }, captions);
                    before.Add(classifiers.StyleProbability(untouched[seed - 1], style));
                    after.Add(classifiers.StyleProbability(mimicked, style));
                    contentBefore.Add(classifiers.ContentAccuracy(untouched[seed - 1], s_contents));
                    contentAfter.Add(classifiers.ContentAccuracy(mimicked, s_contents));
                    if (seed == 1 && count == 4) rows.AddRange([Planes(pictures), untouched[0].narrow(0, 0, 12), mimicked.narrow(0, 0, 12)]);
                }

                result.Add(new JsonObject
                {
                    ["style"] = style,
                    ["pictures"] = count,
                    ["seeds"] = seeds,
                    ["steps"] = s_attack.Steps,
                    ["style_probability_before"] = Spread(before),
                    ["style_probability_after"] = Spread(after),
                    ["content_accuracy_before"] = Spread(contentBefore),
                    ["content_accuracy_after"] = Spread(contentAfter),
                });
            }

        if (sheets is not null) PictureSheet.Write(Path.Combine(sheets, "dreambooth.png"), rows);
        return result;
    }

    private (IReadOnlyList<Artwork> Pictures, IReadOnlyList<string> Captions) Pictures(string style, int count, int seed)
    {
        var index = set.StyleIndex(style);
        var pool = set.Where(p => p.Style == index);
        // By name: which pictures are drawn does not depend on the styles before it.
        var random = new StableRandom(seed, unchecked((long)StableHash.Of(seed, style)));
        int[] chosen = [.. Enumerable.Range(0, count).Select(_ => pool[random.Next(pool.Count)])];
        using var batch = set.Batch(chosen, ModelShapes.PictureSize);
        return (MimicryPictures.Artworks(batch.Images), [.. chosen.Select(i => Captions.Full(set.Manifest.Pictures[i].Words, "sks"))]);
    }

    private static Tensor Attack(AttackSimulator simulator, IReadOnlyList<Artwork> pictures, AttackOptions options, IReadOnlyList<string>? captions = null) =>
        Planes(
            simulator.SimulateAsync(new AttackRequest(pictures, [.. s_contents.Select(c => Captions.Full(c, "sks"))], options) { Captions = captions })
            .GetAwaiter().GetResult().Generated);

    private static Tensor Planes(IReadOnlyList<Artwork> pictures) => stack([.. pictures.Select(PicturePlanes.Of)]);

    private static JsonArray Spread(List<double> values) => [Math.Round(values.Average(), 3), Math.Round(values.Min(), 3), Math.Round(values.Max(), 3)];
}
