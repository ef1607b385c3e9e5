using System.Globalization;
using System.Text;
using Spectre.Console;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Measuring;

/// <summary>A <see cref="SensitivityDocument"/> as a table for people and as CSV.</summary>
internal static class SensitivityTable
{
    private const string UsualEnding = ".transformer_blocks.0.attn2";

    internal static string ShortName(string layer) =>
        layer.EndsWith(UsualEnding, StringComparison.Ordinal) ? layer[..^UsualEnding.Length] : layer;

    internal static void Write(Terminal terminal, SensitivityDocument document)
    {
        var table = Tables.Create(["layer", .. document.Measures.Select(m => ">" + m), "paper"]);
        foreach (var layer in document.Layers)
            table.AddRow([.. document.Measures.Select(m => Cell(layer.Scores[m])).Prepend(ShortName(layer.Name)).Append(layer.InPaperSet ? "yes" : "")
                .Select(Markup.Escape)]);
        terminal.Output.Write(table);
        var verdict = new SensitivityVerdict(document);
        foreach (var line in verdict.Lines.Prepend(verdict.Headline)) terminal.WriteLine(line);
        terminal.WriteLine($"mean ± spread (rank), {document.Pictures} pictures, timesteps {string.Join(", ", document.Timesteps)}");
        foreach (var measure in document.Measures)
            terminal.WriteLine($"{measure}: τ between the halves of the seeds {Format.NumberOrDash(document.Stability[measure], "0.00")}");
        foreach (var agreement in document.Agreements)
            terminal.WriteLine($"{agreement.First} and {agreement.Second}: τ {Format.NumberOrDash(agreement.Tau, "0.00")}");
        foreach (var (measure, reason) in document.Skipped) terminal.Note($"{measure} was not measured: {reason}.");
    }

    internal static string Csv(SensitivityDocument document)
    {
        var csv = new StringBuilder("layer,paper,mean rank,style response,content response");
        foreach (var measure in document.Measures) csv.Append(CultureInfo.InvariantCulture, $",{measure},{measure} spread,{measure} rank");
        foreach (var layer in document.Layers)
        {
            csv.Append(CultureInfo.InvariantCulture,
                $"\n{layer.Name},{(layer.InPaperSet ? 1 : 0)},{layer.MeanRank:r},{layer.StyleResponse:r},{layer.ContentResponse:r}");
            foreach (var measure in document.Measures)
                csv.Append(CultureInfo.InvariantCulture, $",{layer.Scores[measure].Mean:r},{layer.Scores[measure].Spread:r},{layer.Scores[measure].Rank}");
        }

        return csv.Append('\n').ToString();
    }

    private static string Cell(MeasuredScore score) => $"{Format.Significant(score.Mean)} ± {Format.Significant(score.Spread)} ({score.Rank})";
}
