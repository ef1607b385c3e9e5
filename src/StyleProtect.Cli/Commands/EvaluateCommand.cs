using System.CommandLine;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Evaluating;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Evaluation;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Layers;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect evaluate</c>: plays the mimic on clean, randomly changed and protected pictures and says how much of the style it copied.</summary>
internal sealed class EvaluateCommand : Command
{
    private readonly Argument<string> _artist = new("folder") { Description = "The artist's pictures, at least two (the first 16 by name)" };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "folder", Description = "Folder for runs, pictures and report.html; an interrupted evaluation goes on there", Required = true };
    private readonly Option<string> _methods = new("--methods") { HelpName = "list", Description = "Conditions method[:layers][@eps=ε][@steps=n][@rate=r][@surrogate=n][@seed=n], separated by commas (for example styleprotect,styleprotect:random:4,caat@eps=32)", DefaultValueFactory = _ => "styleprotect" };
    private readonly Option<string[]> _protected = new("--protected") { HelpName = "name=folder", Description = "Also compare pictures that something else protected, of the originals' names and sizes; can be repeated" };
    private readonly Option<string> _epsilon = new("--epsilon") { HelpName = "ε", Description = "Budget of every method and of the random control, in 8-bit steps", DefaultValueFactory = _ => "12.75" };
    private readonly Option<string?> _steps = new("--steps") { HelpName = "n", Description = "Protection steps (default: the method's own)" };
    private readonly Option<string> _purifiers = new("--purifiers") { HelpName = "list", Description = "What the mimic does first, separated by commas: none, jpeg:75, resize:0.5, blur:1, vae, sdedit:0.3, … (chained by +)", DefaultValueFactory = _ => EvaluationRun.NoPurifier };
    private readonly Option<string> _seeds = new("--seeds") { HelpName = "n", Description = "Repetitions", DefaultValueFactory = _ => "3" };
    private readonly Option<string?> _prompts = new("--prompts") { HelpName = "file", Description = "What the mimic paints, one prompt a line (default: contents that the embedded model knows)" };
    private readonly Option<bool> _captions = new("--captions") { Description = "The mimic learns each picture with a caption of its own: a text file of the same name beside it" };
    private readonly Option<string?> _attack = new("--attack") { HelpName = "name", Description = $"The mimic: {AttackNames.Kinds}" };
    private readonly Option<string?> _attackSteps = new("--attack-steps") { HelpName = "n", Description = "The mimic's training steps (default: 150)" };
    private readonly Option<string?> _attackRate = new("--attack-rate") { HelpName = "rate", Description = "The mimic's learning rate (default: 2e-4; more where fewer numbers are trained)" };
    private readonly ModelOption _model = new();
    private readonly Option<string?> _encoder = new("--encoder") { HelpName = "folder", Description = "Style encoder (default: the model's own)" };
    private readonly Option<string?> _contentJudge = new("--content-judge") { HelpName = "folder", Description = "Classifier of contents (default: the model's own, if it has one)" };
    private readonly Option<string?> _contentEncoder = new("--content-encoder") { HelpName = "folder", Description = "Content encoder, which compares with what the clean mimic paints (default: none)" };

    private const int MostPictures = 16;

    internal EvaluateCommand(Terminal terminal)
        : base("evaluate", "Plays the mimic on clean, randomly changed and protected pictures and reports how much of the style it copied.")
    {
        Add(_artist);
        foreach (var option in (Option[])[_output, _methods, _protected, _epsilon, _steps, _purifiers, _seeds, _prompts, _captions, _attack, _attackSteps, _attackRate, _model, _encoder, _contentJudge, _contentEncoder]) Add(option);
        SetAction((result, cancellationToken) => RunAsync(terminal, result, cancellationToken));
    }

    private async Task<int> RunAsync(Terminal terminal, ParseResult result, CancellationToken cancellationToken)
    {
        var output = result.GetRequiredValue(_output);
        string[] files = [.. ArtistFolder.Files(result.GetRequiredValue(_artist)).Take(MostPictures)];
        try
        {
            var options = ReadOptions(result, files);
            Artwork[] artworks = [.. files.Select(f => Artwork.Load(f))];
            var model = _model.Folder(result);
            using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = model });
            using var attacker = AttackSimulator.Create(new StyleProtectorOptions { ModelPath = model });
            using var encoder = ImageEncoders.Open(result.GetValue(_encoder) ?? ImageEncoders.StyleEncoderOf(model));
            using var judge = Judge(terminal, result, model);
            using var content = result.GetValue(_contentEncoder) is { } folder ? ContentEncoders.Open(folder) : null;
            IGenerationMetric?[] measures = [judge, content is null ? null : new ContentSimilarity(content)];
            options = options with { Purifiers = Purifiers.ParseAll(Listed(result, _purifiers).Prepend(EvaluationRun.NoPurifier).Distinct(StringComparer.Ordinal), new PurifierServices { Host = attacker.Host }) };
            var evaluator = new StyleEvaluator(protector, attacker, encoder) { Metrics = [.. measures.OfType<IGenerationMetric>()] };
            var summary = await evaluator.EvaluateAsync(artworks, options, output, new NoteProgress(terminal), cancellationToken).ConfigureAwait(false);
            HtmlReport.Write(Path.Combine(output, "report.html"), options.Artist, summary, output, options);
            EvaluationTables.Write(terminal, summary);
            terminal.WriteLine(Path.Combine(output, "report.html"));
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
        catch (Exception e) when (e is ProtectionException or AttackException or ArtworkException or LayerSelectionException)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or FileNotFoundException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }
    }

    private EvaluationOptions ReadOptions(ParseResult result, string[] files)
    {
        var (epsilon, _) = StrengthReader.Read(result.GetRequiredValue(_epsilon), null);
        var basis = new ProtectionOptions { Epsilon = epsilon, Steps = (int?)WordReader.Integer("--steps", result.GetValue(_steps), 1, ProtectionOptions.MaxSteps, "20") };
        var conditions = EvaluationCondition.Controls(basis).ToList();
        foreach (var text in Listed(result, _methods).Where(t => t is not (EvaluationCondition.Clean or EvaluationCondition.Random))) conditions.Add(EvaluationCondition.Parse(text, basis));
        foreach (var text in result.GetValue(_protected) ?? []) conditions.Add(PublishedFolder.Read(text, files));
        var attack = AttackPresets.EmbeddedFor(AttackNames.Parse("--attack", result.GetValue(_attack)));
        var seeds = WordReader.Integer("--seeds", result.GetValue(_seeds), 1, 100, "3") ?? 3;
        return new EvaluationOptions
        {
            Artist = Path.GetFileName(Path.TrimEndingDirectorySeparator(result.GetRequiredValue(_artist))),
            Conditions = conditions,
            Seeds = [.. Enumerable.Range(1, (int)seeds).Select(s => (long)s)],
            Prompts = PaintedPrompts.Read(result.GetValue(_prompts)),
            Captions = result.GetValue(_captions) ? CaptionFiles.Read(files) : null,
            Attack = attack with
            {
                Steps = (int?)WordReader.Integer("--attack-steps", result.GetValue(_attackSteps), 1, 100_000, "150") ?? attack.Steps,
                LearningRate = result.GetValue(_attackRate) is { } rate ? WordReader.Number("--attack-rate", rate, "2e-4") : attack.LearningRate,
            },
        };
    }

    private static string[] Listed(ParseResult result, Option<string> option) => result.GetRequiredValue(option).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private ContentAccuracy? Judge(Terminal terminal, ParseResult result, string model)
    {
        var folder = result.GetValue(_contentJudge) ?? ContentAccuracy.ClassifierOf(model);
        if (result.GetValue(_contentJudge) is not null || Directory.Exists(folder)) return ContentAccuracy.Open(folder);
        terminal.Note($"there is no classifier of contents in '{folder}': content accuracy is left out.");
        return null;
    }
}
