using Spectre.Console;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub;
using StyleProtect.Native;
using StyleProtect.Protection;
using StyleProtect.Protection.Benchmarking;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect bench</c>: what a protection step takes here, beside the plain form of the same algorithm and the machine's ceilings.</summary>
internal sealed class BenchCommand : SettingsCommand<BenchSettings>
{
    internal BenchCommand(Terminal terminal)
        : base("bench", "Times the protection step beside the plain form of the same algorithm, and against what this machine can do.",
            BenchSettings.Definitions)
    {
        SetAction((typed, cancellationToken) => Task.FromResult(Run(terminal, Read(typed), cancellationToken)));
    }

    private static int Run(Terminal terminal, BenchSettings settings, CancellationToken cancellationToken)
    {
        var options = new StepBenchmarkOptions
        {
            Views = settings.Views,
            ViewSize = settings.Size,
            Rounds = settings.Rounds ?? new StepBenchmarkOptions().Rounds
        };
        var engine = settings.Engine();
        var how = settings.Shape is not { } name ? null : new ShapeBenchmarkOptions
        {
            Shape = name,
            Rounds = settings.Rounds ?? new ShapeBenchmarkOptions().Rounds,
            Plain = !settings.WithoutPlain,
            MemoryLimit = settings.Memory,
        };
        var notes = new NoteProgress(terminal);
        if (TorchRuntime.Failure is { } failure) throw CommandException.Environment(failure, "`styleprotect doctor` says more.");
        try
        {
            if (settings.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
            var metrics = StepBenchmark.Run(engine, options, notes, cancellationToken);
            var shape = how is null ? null : ShapeBenchmark.Run(engine.Device, engine.Precision, how, notes, cancellationToken);
            var scale = settings.Scale ? ScaleBenchmark.Run(engine, notes, cancellationToken) : null;
            if (settings.Json)
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
        catch (Exception e) when (e is CheckpointException or SafetensorsException or ModelStoreException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, cause: e);
        }
    }

    private static void Write(Terminal terminal, StepBenchmarkResult metrics)
    {
        terminal
            .WriteLine($"{metrics.Model.Name}, {metrics.Views} views of {metrics.ViewSize} × {metrics.ViewSize}, {metrics.Device}, {metrics.Threads} threads");
        var table = Tables.Create("form of the step", ">median", ">fastest", ">slowest", ">memory beside the model");
        foreach (var form in (FormTiming[])[metrics.Fast, metrics.Plain])
            table.AddRow([.. new[] { form.Form, BenchTables.Time(form.Median), BenchTables.Time(form.Fastest), BenchTables.Time(form.Slowest),
                form.ExtraMemory is { } bytes ? Format.Bytes(bytes) : "not counted here" }.Select(Markup.Escape)]);
        terminal.Output.Write(table);
        terminal.WriteLine($"{Format.Number(metrics.Ratio, "0.0")} times as fast as the plain form. Phases: " +
            $"{string.Join(", ", metrics.StepSeconds.Select(s => $"{s.Key} {BenchTables.Time(s.Value)}"))}.");
        var ceilings = metrics.Ceilings;
        terminal.WriteLine(
            $"Ceilings: convolution {Format.Number(ceilings.Convolution, "0")} GFLOP/s, matrix product {Format.Number(ceilings.Product, "0")} GFLOP/s, copy " +
            $"{Format.Number(ceilings.Copy, "0.0")} GB/s. " +
            $"A step has {Format.Number(metrics.Operations, "0.0")} GFLOP: {Format.Number(100 * metrics.FractionOfCeiling, "0")} % of the time that it takes " +
            "is what they need at these ceilings.");
        terminal.WriteLine($"Gradient beside the fp32 one: {BenchTables.Text(metrics.Agreement)}.");
    }

}
