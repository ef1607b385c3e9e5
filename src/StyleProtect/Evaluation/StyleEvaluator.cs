using System.Globalization;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Evaluation.Measures;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Evaluation;

/// <summary>
/// Plays the mimic on an artist's pictures under several conditions and measures how much of the style it copied and what its pictures are like. Protected, purified and painted
/// pictures are kept with what they were made from; an interrupted evaluation goes on where it was and gives the same result.
/// </summary>
/// <param name="protector">Protects the pictures.</param>
/// <param name="attacker">The mimic.</param>
/// <param name="encoder">Measures style.</param>
/// <param name="services">The model and the upscaler that some purifiers need; null for none.</param>
public sealed class StyleEvaluator(IStyleProtector protector, IAttackSimulator attacker, IImageEncoder encoder, PurifierServices? services = null)
{
    private readonly PublishedPictures _published = new(protector, services);

    /// <summary>Measures beside those that are always taken (style similarity, kernel distances of the style encoder's features, noise, total variation): <see cref="ContentAccuracy"/>, <see cref="ContentSimilarity"/>, your own.</summary>
    public IReadOnlyList<IPaintedMeasure> Measures { get; init; } = [];

    /// <summary>Runs the evaluation.</summary>
    /// <param name="artworks">The artist's pictures, at least two.</param>
    /// <param name="options">Conditions, mimic, prompts, seeds.</param>
    /// <param name="folder">Folder for every file of the evaluation; made if missing.</param>
    /// <param name="progress">Called before each attack with what comes.</param>
    /// <param name="cancellationToken">Stops; what is done stays.</param>
    /// <exception cref="ArgumentException">There are fewer than two pictures, no clean control, published pictures that do not match, or a purifier that does not fit or lacks its model.</exception>
    /// <exception cref="FileNotFoundException">The weights of a purifier are missing.</exception>
    public async Task<EvaluationSummary> EvaluateAsync(
        IReadOnlyList<Artwork> artworks, EvaluationOptions options, string folder, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artworks);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(artworks);
        // Made before anything is computed: a mistyped one must not cost hours.
        var purifiers = options.Purifiers.Where(p => p != EvaluationRun.NoPurifier).Distinct(StringComparer.Ordinal).ToDictionary(p => p, p => Purifiers.Parse(p, services), StringComparer.Ordinal);
        IReadOnlyList<IPaintedMeasure> measures = [.. Standard(), .. Measures];
        if (measures.GroupBy(m => m.Info.Key, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twin) throw new InvalidOperationException($"Two measures have the key '{twin.Key}'.");
        var files = new EvaluationFolder(folder);
        KeptPictures.Save(artworks, files.Originals, "");
        List<EvaluationRun> before = [], runs = [];
        foreach (var seed in options.Seeds)
            before.Add(await Attack(artworks, EvaluationFolder.Before, EvaluationRun.NoPurifier, options.Attack with { Seed = seed, Kind = AttackKind.None }, options, files, cancellationToken).ConfigureAwait(false));
        var total = options.Seeds.Count * options.Conditions.Count * options.Purifiers.Count;
        foreach (var condition in options.Conditions)
        {
            var published = await _published.Of(artworks, condition, files, progress, cancellationToken).ConfigureAwait(false);
            foreach (var purifier in options.Purifiers)
            {
                var seen = purifier == EvaluationRun.NoPurifier ? published : _published.Purified(published, condition, purifiers[purifier], files, progress, cancellationToken);
                foreach (var seed in options.Seeds)
                {
                    progress?.Report(string.Create(CultureInfo.InvariantCulture, $"{condition.Name}, purifier {purifier}, seed {seed}: mimic {runs.Count + 1} of {total}"));
                    runs.Add(await Attack(seen, condition.Name, purifier, options.Attack with { Seed = seed }, options, files, cancellationToken).ConfigureAwait(false));
                }
            }
        }

        progress?.Report($"measuring {before.Count + runs.Count} sets of pictures by {measures.Count} measures");
        var measurement = new RunMeasurement(measures, artworks, options.Prompts, files);
        var (untrained, measured) = measurement.Measure(before, runs, cancellationToken);
        var summary = EvaluationSummary.Of([.. measures.Select(m => m.Info)], untrained, measured);
        EvaluationJson.Write(files.Summary, summary);
        EvaluationJson.WriteText(files.Table, EvaluationTable.Csv(summary));
        return summary;
    }

    private IPaintedMeasure[] Standard() =>
        [new StyleSimilarity(encoder), FeatureKernelDistance.ToOriginals(encoder), FeatureKernelDistance.ToClean(encoder), new NoiseEstimate(), new TotalVariationRatio()];

    private async Task<EvaluationRun> Attack(
        IReadOnlyList<Artwork> pictures, string condition, string purifier, AttackOptions attack, EvaluationOptions options, EvaluationFolder files, CancellationToken cancellationToken)
    {
        // A mimic that does not say with which model it paints has a new identity every time: nothing of it is taken over.
        var settings = AttackIdentity.Of(pictures, new { options.Prompts, options.Captions, attack, model = attacker.Model?.Sha256 ?? Guid.NewGuid().ToString("n") });
        var painted = files.Painted(condition, purifier, attack.Seed);
        if (EvaluationJson.Read<EvaluationRun>(painted + ".json") is { } done && done.Settings == settings && (done.Diverged || KeptPictures.Load(painted, settings) is not null)) return done;
        var run = new EvaluationRun(condition, purifier, attack.Seed, settings);
        try
        {
            var result = await attacker.SimulateAsync(new AttackRequest(pictures, options.Prompts, attack) { Captions = options.Captions }, null, cancellationToken).ConfigureAwait(false);
            KeptPictures.Save(result.Generated, painted, settings);
            run = run with { Seconds = Math.Round(result.Duration.TotalSeconds, 1), Pictures = [.. result.Generated.Select((_, i) => $"{Path.GetFileName(painted)}/{KeptPictures.Name(i)}")] };
        }
        catch (AttackException e) when (e.DivergedAtStep is not null)
        {
            run = run with { Diverged = true };
        }

        EvaluationJson.Write(painted + ".json", run);
        return run;
    }
}
