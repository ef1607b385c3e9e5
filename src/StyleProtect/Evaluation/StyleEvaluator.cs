using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Protection;
using static TorchSharp.torch;

namespace StyleProtect.Evaluation;

/// <summary>
/// Plays the mimic on an artist's pictures under several conditions and measures how much of the style it copied. Every attack leaves a JSON file and its
/// pictures; an interrupted evaluation goes on where it was and gives the same result.
/// </summary>
/// <param name="protector">Protects the pictures.</param>
/// <param name="attacker">The mimic.</param>
/// <param name="encoder">Measures style.</param>
/// <param name="services">The model and the upscaler that some purifiers need; null for none.</param>
public sealed class StyleEvaluator(IStyleProtector protector, IAttackSimulator attacker, IImageEncoder encoder, PurifierServices? services = null)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Runs the evaluation.</summary>
    /// <param name="artworks">The artist's pictures, at least two.</param>
    /// <param name="options">Conditions, mimic, prompts, seeds.</param>
    /// <param name="folder">Folder for every file of the evaluation; made if missing.</param>
    /// <param name="progress">Called before each attack with what comes.</param>
    /// <param name="cancellationToken">Stops; what is done stays.</param>
    /// <exception cref="ArgumentException">There are fewer than two pictures, no clean control, or a purifier that does not fit or lacks its model.</exception>
    /// <exception cref="FileNotFoundException">The weights of a purifier are missing.</exception>
    public async Task<EvaluationSummary> EvaluateAsync(
        IReadOnlyList<Artwork> artworks, EvaluationOptions options, string folder, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(artworks);
        ArgumentNullException.ThrowIfNull(options);
        if (artworks.Count < 2) throw new ArgumentException($"A style shows in at least two pictures; there are {artworks.Count}.", nameof(artworks));
        if (options.Conditions.All(c => c.Name != EvaluationCondition.Clean)) throw new ArgumentException($"The control '{EvaluationCondition.Clean}' is missing: without it nothing can be compared.", nameof(options));
        // Made before anything is computed: a mistyped one must not cost hours.
        var purifiers = options.Purifiers.Where(p => p != EvaluationRun.NoPurifier).Distinct(StringComparer.Ordinal).ToDictionary(p => p, p => Purifiers.Parse(p, services), StringComparer.Ordinal);
        Directory.CreateDirectory(folder);
        Save(artworks, Path.Combine(folder, "original"));
        var style = Mean(artworks);
        Dictionary<long, double> baseline = [];
        List<EvaluationRun> runs = [];
        var total = options.Seeds.Count * options.Conditions.Count * options.Purifiers.Count;
        foreach (var seed in options.Seeds)
        {
            var untouched = await Attack(artworks, "before", EvaluationRun.NoPurifier, options, seed, style, folder, AttackKind.None, cancellationToken).ConfigureAwait(false);
            baseline[seed] = untouched.StyleSimilarity!.Value;
        }

        foreach (var condition in options.Conditions)
        {
            progress?.Report($"{condition.Name}: protecting {artworks.Count} pictures");
            var published = await Publish(artworks, condition, folder, cancellationToken).ConfigureAwait(false);
            foreach (var purifier in options.Purifiers)
            {
                if (purifier != EvaluationRun.NoPurifier) progress?.Report($"{condition.Name}: purifying {published.Count} pictures by {purifier}");
                var seen = purifier == EvaluationRun.NoPurifier ? published : Purified(published, purifiers[purifier], cancellationToken);
                foreach (var seed in options.Seeds)
                {
                    progress?.Report(string.Create(CultureInfo.InvariantCulture, $"{condition.Name}, purifier {purifier}, seed {seed}: mimic {runs.Count + 1} of {total}"));
                    runs.Add(await Attack(seen, condition.Name, purifier, options, seed, style, folder, options.Attack.Kind, cancellationToken).ConfigureAwait(false));
                }
            }
        }

        var summary = EvaluationSummary.Of(baseline, runs);
        Write(Path.Combine(folder, "summary.json"), JsonSerializer.Serialize(summary, s_json));
        return summary;
    }

    private static List<Artwork> Purified(IReadOnlyList<Artwork> pictures, IPurifier purifier, CancellationToken cancellationToken)
    {
        List<Artwork> purified = [];
        foreach (var picture in pictures)
        {
            cancellationToken.ThrowIfCancellationRequested();
            purified.Add(purifier.Purify(picture));
        }

        return purified;
    }

    private async Task<IReadOnlyList<Artwork>> Publish(IReadOnlyList<Artwork> artworks, EvaluationCondition condition, string folder, CancellationToken cancellationToken)
    {
        if (condition.Protection is not { } protection) return artworks;
        var result = await protector.ProtectAsync(new ProtectionRequest(artworks) { Options = protection }, null, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Artwork> published = [.. result.Artworks.Select(a => a.Artwork)];
        Save(published, Path.Combine(folder, condition.Name));
        return published;
    }

    private async Task<EvaluationRun> Attack(
        IReadOnlyList<Artwork> pictures, string condition, string purifier, EvaluationOptions options, long seed, Tensor style, string folder, AttackKind kind, CancellationToken cancellationToken)
    {
        var attack = options.Attack with { Seed = seed, Kind = kind };
        var settings = AttackIdentity.Of(pictures, new { options.Prompts, attack, encoder = encoder.Name });
        var name = string.Create(CultureInfo.InvariantCulture, $"{condition}-{FileNameOf(purifier)}-{seed}");
        var file = Path.Combine(folder, "runs", name + ".json");
        if (File.Exists(file) && JsonSerializer.Deserialize<EvaluationRun>(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false), s_json) is { } done && done.Settings == settings) return done;
        EvaluationRun run;
        try
        {
            var result = await attacker.SimulateAsync(new AttackRequest(pictures, options.Prompts, attack), null, cancellationToken).ConfigureAwait(false);
            var painted = Save(result.Generated, Path.Combine(folder, "runs", name));
            using var scope = NewDisposeScope();
            var similarity = (Mean(result.Generated) * style).sum().item<float>();
            run = new EvaluationRun(condition, purifier, seed, settings, similarity, Math.Round(result.Duration.TotalSeconds, 1), painted);
        }
        catch (AttackException e) when (e.DivergedAtStep is not null)
        {
            run = new EvaluationRun(condition, purifier, seed, settings, null, 0, []);
        }

        Write(file, JsonSerializer.Serialize(run, s_json));
        return run;
    }

    /// <summary>The direction of the mean embedding, a unit vector.</summary>
    private Tensor Mean(IReadOnlyList<Artwork> pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var embeddings = cat([.. pictures.Select(a => encoder.Encode(PicturePlanes.Of(a).unsqueeze(0)))]);
        var mean = embeddings.mean([0]);
        return (mean / mean.norm().Clamp(min: 1e-12)).MoveToOuterDisposeScope();
    }

    private static List<string> Save(IReadOnlyList<Artwork> pictures, string folder)
    {
        Directory.CreateDirectory(folder);
        var files = new List<string>();
        for (var i = 0; i < pictures.Count; i++)
        {
            files.Add($"{Path.GetFileName(folder)}/{i:00}.png");
            pictures[i].Save(Path.Combine(folder, $"{i:00}.png"), ArtworkFormat.Png, overwrite: true);
        }

        return files;
    }

    /// <summary>A purifier may name a weights file: what cannot stand in a file's name is replaced, and a digest keeps two files apart.</summary>
    private static string FileNameOf(string purifier)
    {
        var safe = string.Concat(purifier.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' ? c : '_'));
        return safe == purifier.Replace(':', '_') ? safe : $"{safe}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(purifier)))[..8]}";
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }
}
