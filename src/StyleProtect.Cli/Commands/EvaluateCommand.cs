using System.CommandLine;
using Spectre.Console;
using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Evaluation;
using StyleProtect.Layers;
using StyleProtect.Perception;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect evaluate</c>: plays the mimic on clean, randomly changed and protected pictures and says how much of the style it copied.</summary>
internal sealed class EvaluateCommand : Command
{
    private readonly Argument<string> _artist = new("folder") { Description = "The artist's pictures (the first 16 by name)" };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "folder", Description = "Folder for runs, pictures and report.html; an interrupted evaluation goes on there", Required = true };
    private readonly Option<string> _methods = new("--methods") { HelpName = "list", Description = "Methods, or method:layers, separated by commas (for example styleprotect,styleprotect:none,advdm)", DefaultValueFactory = _ => "styleprotect" };
    private readonly Option<string> _epsilon = new("--epsilon") { HelpName = "ε", Description = "Budget of every method and of the random control, in 8-bit steps", DefaultValueFactory = _ => "12.75" };
    private readonly Option<string?> _steps = new("--steps") { HelpName = "n", Description = "Protection steps (default: 60)" };
    private readonly Option<string> _purifiers = new("--purifiers") { HelpName = "list", Description = "What the mimic does first, separated by commas: none, jpeg:75, resize:0.5, blur:1, vae, sdedit:0.3, … (chained by +)", DefaultValueFactory = _ => EvaluationRun.NoPurifier };
    private readonly Option<string> _seeds = new("--seeds") { HelpName = "n", Description = "Repetitions", DefaultValueFactory = _ => "3" };
    private readonly Option<string?> _prompts = new("--prompts") { HelpName = "file", Description = "What the mimic paints, one prompt a line (default: contents that the embedded model knows)" };
    private readonly Option<string?> _attack = new("--attack") { HelpName = "name", Description = $"The mimic: {AttackNames.Kinds}" };
    private readonly Option<string?> _attackSteps = new("--attack-steps") { HelpName = "n", Description = "The mimic's training steps (default: 150)" };
    private readonly Option<string?> _attackRate = new("--attack-rate") { HelpName = "rate", Description = "The mimic's learning rate (default: 2e-4; more where fewer numbers are trained)" };
    private readonly ModelOption _model = new();
    private readonly Option<string?> _encoder = new("--encoder") { HelpName = "folder", Description = "Style encoder (default: the model's own)" };

    internal EvaluateCommand(Terminal terminal)
        : base("evaluate", "Plays the mimic on clean, randomly changed and protected pictures and reports how much of the style it copied.")
    {
        Add(_artist);
        foreach (var option in (Option[])[_output, _methods, _epsilon, _steps, _purifiers, _seeds, _prompts, _attack, _attackSteps, _attackRate, _model, _encoder]) Add(option);
        SetAction((result, cancellationToken) => RunAsync(terminal, result, cancellationToken));
    }

    private async Task<int> RunAsync(Terminal terminal, ParseResult result, CancellationToken cancellationToken)
    {
        var output = result.GetRequiredValue(_output);
        try
        {
            var options = ReadOptions(result);
            Artwork[] artworks = [.. ArtistFolder.Files(result.GetRequiredValue(_artist)).Take(16).Select(f => Artwork.Load(f))];
            var model = _model.Folder(result);
            using var protector = StyleProtector.Create(new StyleProtectorOptions { ModelPath = model });
            using var attacker = AttackSimulator.Create(new StyleProtectorOptions { ModelPath = model });
            using var encoder = ImageEncoders.Open(result.GetValue(_encoder) ?? ImageEncoders.StyleEncoderOf(model));
            var summary = await new StyleEvaluator(protector, attacker, encoder, new PurifierServices { Simulator = attacker })
                .EvaluateAsync(artworks, options, output, new NoteProgress(terminal), cancellationToken).ConfigureAwait(false);
            HtmlReport.Write(Path.Combine(output, "report.html"), options.Artist, summary, output, options);
            Write(terminal, summary);
            terminal.WriteLine(Path.Combine(output, "report.html"));
            return ExitCode.Success;
        }
        catch (Exception e) when (e is ProtectionException or AttackException or ArtworkException or ArgumentException or LayerSelectionException)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or FileNotFoundException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }
    }

    private EvaluationOptions ReadOptions(ParseResult result)
    {
        var (epsilon, _) = StrengthReader.Read(result.GetRequiredValue(_epsilon), null);
        var basis = new ProtectionOptions { Epsilon = epsilon, Steps = (int?)WordReader.Integer("--steps", result.GetValue(_steps), 1, ProtectionOptions.MaxSteps, "60") };
        var conditions = EvaluationCondition.WithControls(basis).Take(2).ToList();
        foreach (var text in result.GetRequiredValue(_methods).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = text.Split(':', 2);
            conditions.Add(new EvaluationCondition(text.Replace(':', '-'), basis with { Method = MethodNames.Parse(words[0]), Layers = words.Length > 1 ? LayerSelectors.Parse(words[1]) : null }));
        }

        var attack = AttackPresets.EmbeddedFor(AttackNames.Parse("--attack", result.GetValue(_attack)));
        var seeds = WordReader.Integer("--seeds", result.GetValue(_seeds), 1, 100, "3") ?? 3;
        return new EvaluationOptions
        {
            Artist = Path.GetFileName(Path.TrimEndingDirectorySeparator(result.GetRequiredValue(_artist))),
            Conditions = conditions,
            Purifiers = result.GetRequiredValue(_purifiers).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            Seeds = [.. Enumerable.Range(1, (int)seeds).Select(s => (long)s)],
            Prompts = PaintedPrompts.Read(result.GetValue(_prompts)),
            Attack = attack with
            {
                Steps = (int?)WordReader.Integer("--attack-steps", result.GetValue(_attackSteps), 1, 100_000, "150") ?? attack.Steps,
                LearningRate = result.GetValue(_attackRate) is { } rate ? WordReader.Number("--attack-rate", rate, "2e-4") : attack.LearningRate,
            },
        };
    }

    private static void Write(Terminal terminal, EvaluationSummary summary)
    {
        var table = Tables.Create("condition", "purifier", ">gain in style similarity", ">removed of the clean gain");
        foreach (var result in summary.Results)
            table.AddRow([.. new[] { result.Condition, result.Purifier, result.Gain?.ToText("0.000") ?? "–", result.Removed?.ToText("0", 100) ?? "–" }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        foreach (var line in summary.Verdict) terminal.WriteLine(line);
    }
}
