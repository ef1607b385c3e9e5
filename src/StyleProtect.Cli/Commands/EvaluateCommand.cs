using System.CommandLine;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Evaluating;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Terminals;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Hub;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect evaluate</c>: plays the mimic on clean, randomly changed and protected pictures and says how much of the style it copied.</summary>
internal sealed class EvaluateCommand : SettingsCommand<EvaluateSettings>
{
    private const int MostPictures = 16;

    internal EvaluateCommand(Terminal terminal, PluginSet plugins)
        : base("evaluate", "Plays the mimic on clean, randomly changed and protected pictures and reports how much of the style it copied.",
            EvaluateDefinitions.For(plugins))
    {
        var folder = new Argument<string>("folder") { Description = $"The artist's pictures, at least two (the first {MostPictures} by name)" };
        Add(folder);
        SetAction((typed, cancellationToken) =>
        {
            var settings = Read(typed);
            settings.Folder = typed.GetRequiredValue(folder);
            return RunAsync(terminal, settings, plugins, cancellationToken);
        });
    }

    private static async Task<int> RunAsync(Terminal terminal, EvaluateSettings settings, PluginSet plugins, CancellationToken cancellationToken)
    {
        string[] files = [.. ArtistFolder.Files(settings.Folder).Take(MostPictures)];
        try
        {
            Artwork[] artworks = [.. files.Select(f => Artwork.Load(f))];
            // One host: the weights are held once.
            using var host = ModelHost.Create(settings.Host());
            var model = host.ModelPath;
            var options = ToOptions(settings, files, plugins, host);
            using var encoder = ImageEncoders.Open(settings.Encoder ?? ImageEncoders.StyleEncoderOf(model));
            using var classifier = Classifier(terminal, settings, model);
            using var content = settings.ContentEncoder is { } other ? ContentEncoders.Open(other) : null;
            IGenerationMetric?[] metrics = [classifier, content is null ? null : new ContentSimilarity(content)];
            var evaluator = new StyleEvaluator(StyleProtector.For(host), AttackSimulator.For(host), encoder)
            {
                Metrics = [.. metrics.OfType<IGenerationMetric>(), .. plugins.Of<IGenerationMetric>().Select(m => m.Value)],
                PublishedMetrics = [.. PictureMetrics.Default, .. plugins.Of<IPictureMetric>().Select(m => m.Value)],
            };
            var summary = await evaluator.EvaluateAsync(artworks, options, settings.Output, new NoteProgress(terminal), cancellationToken)
                .ConfigureAwait(false);
            var report = Path.Combine(settings.Output, "report.html");
            HtmlReport.Write(report, options.Artist, summary, settings.Output, options);
            EvaluationTables.Write(terminal, summary);
            terminal.WriteLine(report);
            return ExitCode.Success;
        }
        catch (AttackException e) when (e.PictureIndex is { } index)
        {
            throw CommandException.Usage($"'{files[index]}': {e.Message}", cause: e);
        }
        catch (ArgumentException e)
        {
            throw CommandException.Usage(e);
        }
        catch (Exception e) when (e is ProtectionException or AttackException or ArtworkException or LayerSelectionException or ModelHostException)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or ModelStoreException or FileNotFoundException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }
    }

    private static EvaluationOptions ToOptions(EvaluateSettings settings, string[] files, PluginSet plugins, ModelHost host)
    {
        var conditions = EvaluationCondition.Controls(settings.Basis).ToList();
        conditions.AddRange(settings.Methods.Where(t => t is not (EvaluationCondition.Clean or EvaluationCondition.Random))
            .Select(t => EvaluationCondition.Parse(t, settings.Basis, MethodCatalog.AllWith(plugins))));
        conditions.AddRange(settings.Protected.Select(t => PublishedFolder.Read(t, files)));
        return new EvaluationOptions
        {
            Artist = Path.GetFileName(Path.TrimEndingDirectorySeparator(settings.Folder)),
            Conditions = conditions,
            Purifiers = [.. settings.Purifiers.Prepend(EvaluationRun.NoPurifier).Distinct(StringComparer.Ordinal).Select(Purifier)],
            Seeds = [.. Enumerable.Range(1, settings.Seeds).Select(s => (long)s)],
            Prompts = GenerationPrompts.Read(settings.Prompts),
            Captions = settings.Captions ? CaptionFiles.Read(files) : null,
            Attack = settings.Mimic,
        };

        IPurifier Purifier(string text) =>
            plugins.Of<IPurifier>().FirstOrDefault(p => p.Name == text).Value ?? Purifiers.Parse(text, new PurifierServices { Host = host });
    }

    private static ContentAccuracy? Classifier(Terminal terminal, EvaluateSettings settings, string model)
    {
        var folder = settings.ContentClassifier ?? ContentAccuracy.ClassifierOf(model);
        if (settings.ContentClassifier is not null || Directory.Exists(folder)) return ContentAccuracy.Open(folder);
        terminal.Note($"there is no classifier of contents in '{folder}': content accuracy is left out.");
        return null;
    }
}
