using Spectre.Console;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Protection.Benchmarking;

namespace StyleProtect.Cli.Reporting;

/// <summary>The bench command's further tables.</summary>
internal static class BenchTables
{
    internal static void Write(Terminal terminal, ShapeBenchmarkResult figures)
    {
        terminal.WriteLine($"{figures.Shape}, random weights ({Format.Count(figures.Parameters)}), {figures.Device}, {figures.Threads} threads");
        var table = Tables.Create("work", "form", ">median", ">processor time", ">process's peak", ">beside the model", ">of the ceilings", "plan and phases");
        foreach (var work in figures.Works)
        {
            Row(table, work.Work, work.Form, Time(work.Seconds), Time(work.ProcessorSeconds), Memory(work.ProcessPeak), Memory(work.ExtraMemory),
                double.IsNaN(work.FractionOfCeiling) ? "–" : Format.Number(100 * work.FractionOfCeiling, "0") + " %",
                string.Join("; ", new[] { work.Plan is { } plan ? PlanText.Step(plan) : "", Phases(work.Phases) }.Where(t => t.Length > 0)));
        }

        terminal.Output.Write(table);
        if (figures.Agreement is { } agreement) terminal.WriteLine($"Gradient of {figures.Shape} beside the fp32 one: {Text(agreement)}.");
    }

    internal static void Write(Terminal terminal, IReadOnlyList<ScaleRow> rows)
    {
        var table = Tables.Create("varied", ">pictures", ">side", ">resolution", ">layers", ">step", ">for a picture", ">processor time", ">process's peak",
            ">planned");
        foreach (var row in rows)
        {
            Row(table, row.Varied, Format.Count(row.Pictures), Format.Count(row.Side), Format.Count(row.Resolution), Format.Count(row.Layers),
                Time(row.StepSeconds), Time(row.StepSecondsPerPicture), Time(row.ProcessorSeconds), Memory(row.ProcessPeak), Format.Bytes(row.Estimate));
        }

        terminal.Output.Write(table);
    }

    internal static string Text(GradientAgreement agreement) =>
        $"cosine {Format.Number(agreement.Cosine, "0.0000")}, {Format.Number(100 * agreement.EqualSigns, "0.0")} % equal signs";

    internal static string Time(double seconds) => seconds < 10 ? Format.Number(1000 * seconds, seconds < 1 ? "0.0" : "0") + " ms"
        : Format.Number(seconds, "0.0") + " s";

    private static string Phases(IReadOnlyDictionary<string, double> phases) => string.Join(", ", phases.Select(p => $"{p.Key} {Time(p.Value)}"));

    private static string Memory(long? bytes) => bytes is { } b ? Format.Bytes(b) : "not counted here";

    private static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(Markup.Escape)]);
}
