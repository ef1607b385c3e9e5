using System.CommandLine;
using Spectre.Console;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect bench</c>: what a protection step takes here, beside the plain form of the same algorithm and the machine's ceilings.</summary>
internal sealed class BenchCommand : Command
{
    private readonly ModelOption _model = new();
    private readonly Option<string?> _device = new("--device") { HelpName = "name", Description = "auto (default), cpu or cuda" };
    private readonly Option<string?> _precision = new("--precision") { HelpName = "name", Description = "auto (default), reference (fp32) or bf16" };
    private readonly Option<string?> _views = new("--views") { HelpName = "n", Description = "Views in a step's batch (default: 4)" };
    private readonly Option<string?> _size = new("--size") { HelpName = "pixels", Description = "Side of a view, a multiple of 64 (default: the model's own)" };
    private readonly Option<string?> _rounds = new("--rounds") { HelpName = "n", Description = "Steps of each form that are timed, in turn (default: 9)" };
    private readonly Option<string?> _threads = new("--threads") { HelpName = "n", Description = "Processor threads (default: libtorch's choice)" };
    private readonly Option<string?> _shape = new("--shape") { HelpName = "name", Description = "Also time a model of this size with random weights: sd15, middle or tiny" };
    private readonly Option<bool> _withoutPlain = new("--without-plain") { Description = "With --shape: leave the plain form out, which needs several times the memory" };
    private readonly Option<string?> _memory = new("--memory") { HelpName = "amount", Description = "With --shape: limit of the iteration at twice the model's size (default: nine tenths of what is available)" };
    private readonly Option<bool> _scale = new("--scale") { Description = "Also time steps against the pictures' size and number, trained layers and resolution" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    internal BenchCommand(Terminal terminal)
        : base("bench", "Times the protection step beside the plain form of the same algorithm, and against what this machine can do.")
    {
        foreach (var option in (Option[])[_views, _size, _rounds, _shape, _withoutPlain, _memory, _scale, _model, _device, _precision, _threads, _json]) Add(option);
        SetAction((result, cancellationToken) => Task.FromResult(Run(terminal, result, cancellationToken)));
    }

    private int Run(Terminal terminal, ParseResult result, CancellationToken cancellationToken)
    {
        var defaults = new StepBenchmarkOptions();
        var options = new StepBenchmarkOptions
        {
            Views = (int)(WordReader.Integer("--views", result.GetValue(_views), 1, 64, "4") ?? defaults.Views),
            ViewSize = (int?)WordReader.Integer("--size", result.GetValue(_size), 64, 4096, "512"),
            Rounds = (int)(WordReader.Integer("--rounds", result.GetValue(_rounds), 1, 1000, "9") ?? defaults.Rounds),
        };
        var engine = ComputeWords.Engine(result.GetValue(_model), result.GetValue(_device), new ProtectionOptions { Precision = ComputeWords.Precision(result.GetValue(_precision)) });
        var how = Shape(result);
        var notes = new NoteProgress(terminal);
        if (TorchRuntime.Failure is { } failure) throw CommandException.Environment(failure, "`styleprotect doctor` says more.");
        try
        {
            if (WordReader.Integer("--threads", result.GetValue(_threads), 1, 1024, "2") is { } threads) TorchSharp.torch.set_num_threads((int)threads);
            var metrics = StepBenchmark.Run(engine, options, notes, cancellationToken);
            var shape = how is null ? null : ShapeBenchmark.Run(engine.Device, engine.Defaults.Precision, how, notes, cancellationToken);
            var scale = result.GetValue(_scale) ? ScaleBenchmark.Run(engine, notes, cancellationToken) : null;
            if (result.GetValue(_json))
            {
                terminal.WriteLine(Json.Serialize(new BenchDocument(metrics, shape, scale)));
                return ExitCode.Success;
            }

            Write(terminal, metrics);
            if (shape is not null) BenchTables.Write(terminal, shape);
            if (scale is not null) BenchTables.Write(terminal, scale);
            return ExitCode.Success;
        }
        catch (ProtectionException e)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }
    }

    private ShapeBenchmarkOptions? Shape(ParseResult result)
    {
        var limit = MemoryWords.Read("--memory", result.GetValue(_memory));
        if (result.GetValue(_shape) is not { } name)
            return limit is null && !result.GetValue(_withoutPlain) ? null : throw CommandException.Usage("--memory and --without-plain belong to --shape.", "Example: --shape sd15 --memory 6GiB");
        return new ShapeBenchmarkOptions
        {
            Shape = WordReader.Choice("--shape", name, [.. ShapeBenchmarkOptions.Shapes.Select(s => (s, s))]),
            Rounds = (int)(WordReader.Integer("--rounds", result.GetValue(_rounds), 1, 100, "3") ?? new ShapeBenchmarkOptions().Rounds),
            Plain = !result.GetValue(_withoutPlain),
            MemoryLimit = limit,
        };
    }

    private static void Write(Terminal terminal, StepBenchmarkResult metrics)
    {
        terminal.WriteLine($"{metrics.Model.Name}, {metrics.Views} views of {metrics.ViewSize} × {metrics.ViewSize}, {metrics.Device}, {metrics.Threads} threads");
        var table = Tables.Create("form of the step", ">median", ">fastest", ">slowest", ">memory beside the model");
        foreach (var form in (FormTiming[])[metrics.Fast, metrics.Plain])
            table.AddRow([.. new[] { form.Form, BenchTables.Time(form.Median), BenchTables.Time(form.Fastest), BenchTables.Time(form.Slowest), form.ExtraMemory is { } bytes ? Format.Bytes(bytes) : "not counted here" }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        terminal.WriteLine($"{Format.Number(metrics.Ratio, "0.0")} times as fast as the plain form. Phases: {string.Join(", ", metrics.StepSeconds.Select(s => $"{s.Key} {BenchTables.Time(s.Value)}"))}.");
        var ceilings = metrics.Ceilings;
        terminal.WriteLine(
            $"Ceilings: convolution {Format.Number(ceilings.Convolution, "0")} GFLOP/s, matrix product {Format.Number(ceilings.Product, "0")} GFLOP/s, copy {Format.Number(ceilings.Copy, "0.0")} GB/s. " +
            $"A step has {Format.Number(metrics.Operations, "0.0")} GFLOP: {Format.Number(100 * metrics.FractionOfCeiling, "0")} % of the time that it takes is what they need at these ceilings.");
        terminal.WriteLine($"Gradient beside the fp32 one: {BenchTables.Text(metrics.Agreement)}.");
    }

}
