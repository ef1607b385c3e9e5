using Spectre.Console;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>The table and the closing lines of a protect run.</summary>
internal static class ProtectTable
{
    /// <summary>Writes the table to standard output, failures to standard error.</summary>
    internal static void Write(Terminal terminal, ProtectReport report, ProtectSettings settings)
    {
        if (report.Count(PictureStatus.Protected) > 0) terminal.Output.Write(Table(report));
        foreach (var failed in report.Pictures.Where(p => p.Status == PictureStatus.Failed))
        {
            terminal.Message("failed", "red", $"{failed.Picture.Input.Path}: {failed.Reason}");
            if (settings.Verbose && failed.Details is { } details) terminal.Error.Profile.Out.Writer.WriteLine(details);
        }

        terminal.WriteLine(Summary(report, settings));
    }

    private static Table Table(ProtectReport report)
    {
        var table = Tables.Create("file", ">size", ">PSNR", ">SSIM", ">L∞", ">latents", ">loss before", ">after", ">seconds");
        foreach (var (picture, figures, batch) in report.Pictures
            .Where(p => p is { Status: PictureStatus.Protected, Figures: not null, Batch: not null })
            .Select(p => (p.Picture, p.Figures!, p.Batch!)))
        {
            table.AddRow([.. new[]
            {
                picture.Output,
                Size(figures),
                Format.Decibels(figures.Psnr),
                Format.Figure(figures.Ssim, "0.0000"),
                Format.Number(figures.LInfinity, "0.##"),
                Format.Number(100 * figures.LatentShift, "0") + " %",
                Format.Number(batch.Result.LossBefore, "0.0000"),
                Format.Number(batch.Result.LossAfter, "0.0000"),
                Format.Number(batch.SecondsPerPicture, "0.0"),
            }.Select(Markup.Escape)]);
        }

        return table;
    }

    // Only the reference mode changes a picture's size; nobody may take its squares for the artwork.
    private static string Size(PictureFigures figures) => figures.IsSquashed
        ? $"{figures.OriginalWidth} × {figures.OriginalHeight} → {figures.Width} × {figures.Height}"
        : $"{figures.Width} × {figures.Height}";

    private static string Summary(ProtectReport report, ProtectSettings settings)
    {
        var parts = new List<string> { $"{report.Count(PictureStatus.Protected)} protected" };
        if (report.Count(PictureStatus.Failed) is > 0 and var failed) parts.Add($"{failed} failed");
        if (report.Count(PictureStatus.Cancelled) is > 0 and var cancelled) parts.Add($"{cancelled} not done: stopped");
        var text = string.Join(", ", parts) + $" in {Format.Duration(report.Elapsed)}";
        if (report.Pictures.Select(p => p.Batch).FirstOrDefault(b => b is not null)?.Result is { } run)
            text += $" ({ProtectionMethods.Of(run.Options.Method).Name}, ε = {Format.Number(run.Options.Epsilon ?? double.NaN, "0.###")}/255, {run.Steps} steps, {run.Model.Name}, {run.Device})";
        return text + $" → {settings.Output}";
    }
}
