using System.Globalization;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Evaluation;

/// <summary>
/// Plays the mimic on an artist's pictures under several conditions and measures how much of the style it copied and what its pictures are like. Protected,
/// purified and
/// generated pictures are kept with what they were made from; an interrupted evaluation goes on where it was and gives the same result.
/// </summary>
/// <param name="protector">Protects the pictures.</param>
/// <param name="attacker">The mimic.</param>
/// <param name="encoder">Measures style.</param>
public sealed class StyleEvaluator(IStyleProtector protector, IAttackSimulator attacker, IImageEncoder encoder)
{
    private readonly PublishedPictures _published = new(protector);

    /// <summary>
    /// Metrics of the generated pictures beside those that are always computed (style similarity, kernel distances of the style encoder's features, noise,
    /// total variation):
    /// <see cref="ContentAccuracy"/>, <see cref="ContentSimilarity"/>, your own.
    /// </summary>
    public IReadOnlyList<IGenerationMetric> Metrics { get; init; } = [];

    /// <summary>Metrics that say how much the published pictures differ from the originals: built-in ones or your own.</summary>
    /// <value>The default is <see cref="PictureMetrics.Default"/>.</value>
    public IReadOnlyList<IPictureMetric> PublishedMetrics { get; init; } = PictureMetrics.Default;

    /// <summary>Runs the evaluation.</summary>
    /// <param name="artworks">The artist's pictures, at least two.</param>
    /// <param name="options">Conditions, mimic, prompts, seeds.</param>
    /// <param name="folder">Folder for every file of the evaluation; made if missing.</param>
    /// <param name="progress">Called before each attack with what comes.</param>
    /// <param name="cancellationToken">Stops; what is done stays.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two pictures, no clean control, published pictures that do not match, or two metrics or purifiers of one name.
    /// </exception>
    /// <exception cref="AttackException">
    /// An attack cannot be carried out, or a purifier failed; the message names it and the picture. What was done before stays.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A metric failed or gave a value that is not a number; the message names it and what it was computed for.
    /// </exception>
    public async Task<EvaluationSummary> EvaluateAsync(
        IReadOnlyList<Artwork> artworks, EvaluationOptions options, string folder, IProgress<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artworks);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(artworks);
        PictureMetrics.Validate(PublishedMetrics);
        IReadOnlyList<IGenerationMetric> metrics = [.. Standard(), .. Metrics];
        if (metrics.GroupBy(m => m.Info.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twin)
            throw new ArgumentException($"Two metrics have the key '{twin.Key}'.", nameof(options));
        var files = new EvaluationFolder(folder);
        KeptPictures.Save(artworks, files.Originals, "");
        List<EvaluationRun> before = [], runs = [];
        List<PublishedResult> differences = [];
        foreach (var seed in options.Seeds)
        {
            var untouched = options.Attack with { Seed = seed, Kind = AttackKind.None };
            before.Add(
                await Attack(artworks, EvaluationFolder.Before, EvaluationRun.NoPurifier, untouched, options, files, cancellationToken).ConfigureAwait(false));
        }

        var total = options.Seeds.Count * options.Conditions.Count * options.Purifiers.Count;
        foreach (var condition in options.Conditions)
        {
            var published = await _published.Of(artworks, condition, files, progress, cancellationToken).ConfigureAwait(false);
            if (published != artworks) differences.Add(PublishedMetric.Of(condition.Name, PublishedMetrics, artworks, published));
            foreach (var purifier in options.Purifiers)
            {
                var seen = purifier == Purifiers.None
                    ? published
                    : PublishedPictures.Purified(published, condition, purifier, files, progress, cancellationToken);
                foreach (var seed in options.Seeds)
                {
                    progress?.Report(
                        string.Create(
                            CultureInfo.InvariantCulture, $"{condition.Name}, purifier {purifier.Name}, seed {seed}: mimic {runs.Count + 1} of {total}"));
                    var attack = options.Attack with { Seed = seed };
                    runs.Add(await Attack(seen, condition.Name, purifier.Name, attack, options, files, cancellationToken).ConfigureAwait(false));
                }
            }
        }

        progress?.Report($"measuring {before.Count + runs.Count} sets of pictures by {metrics.Count} metrics");
        var (untrained, measured) = new RunMetrics(metrics, artworks, options.Prompts, files).Compute(before, runs, cancellationToken);
        var summary = EvaluationSummary.Of([.. metrics.Select(m => m.Info)], untrained, measured) with { Published = differences };
        EvaluationJson.WriteText(files.Table, EvaluationTable.Csv(summary));
        EvaluationJson.WriteText(files.PictureTable, EvaluationTable.PicturesCsv(summary));
        EvaluationJson.Write(files.Summary, summary);
        return summary;
    }

    private IGenerationMetric[] Standard() =>
    [
        new StyleSimilarity(encoder), FeatureKernelDistance.ToOriginals(encoder), FeatureKernelDistance.ToClean(encoder), new NoiseEstimate(),
        new TotalVariationRatio(),
    ];

    private async Task<EvaluationRun> Attack(
        IReadOnlyList<Artwork> pictures, string condition, string purifier, AttackOptions attack, EvaluationOptions options, EvaluationFolder files,
        CancellationToken cancellationToken)
    {
        // A mimic that does not say with which model it generates has a new identity every time: nothing of it is taken over.
        var settings = AttackIdentity.Of(
            pictures, new { options.Prompts, options.Captions, attack, model = attacker.Model?.Sha256 ?? Guid.NewGuid().ToString("n") });
        var generated = files.Generated(condition, purifier, attack.Seed);
        if (Kept() is { } done) return done;
        var run = new EvaluationRun(condition, purifier, attack.Seed, settings);
        try
        {
            var request = new AttackRequest(pictures, options.Prompts, attack) { Captions = options.Captions };
            var result = await attacker.SimulateAsync(request, null, cancellationToken).ConfigureAwait(false);
            KeptPictures.Save(result.Generated, generated, settings);
            run = run with
            {
                Seconds = Math.Round(result.Duration.TotalSeconds, 1),
                Pictures = [.. result.Generated.Select((_, i) => $"{Path.GetFileName(generated)}/{KeptPictures.Name(i)}")],
            };
        }
        catch (AttackException e) when (e.DivergedAtStep is not null)
        {
            run = run with { Diverged = true };
        }

        EvaluationJson.Write(generated + ".json", run);
        return run;

        EvaluationRun? Kept()
        {
            if (EvaluationJson.Read<EvaluationRun>(generated + ".json") is not { } kept || kept.Settings != settings) return null;
            return kept.Diverged || KeptPictures.Load(generated, settings) is not null ? kept : null;
        }
    }
}
