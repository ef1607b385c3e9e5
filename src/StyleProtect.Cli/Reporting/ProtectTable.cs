using Spectre.Console;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Reporting;

/// <summary>The table and the closing lines of a protect run.</summary>
internal static class ProtectTable
{
    /// <summary>Writes the table to standard output, failures to standard error.</summary>
    internal static void Write(Terminal terminal, ProtectDocument document, ProtectSettings settings)
    {
        if (document.Count(PictureStatus.Protected) > 0) terminal.Output.Write(Table(document));
        foreach (var failed in document.Pictures.Where(p => p.Status == PictureStatus.Failed))
        {
            terminal.Message("failed", "red", $"{failed.Input}: {failed.Reason}");
            if (settings.Verbose && failed.Details is { } details) terminal.Error.Profile.Out.Writer.WriteLine(details);
        }

        terminal.WriteLine(Summary(document, settings));
    }

    private static Table Table(ProtectDocument document)
    {
        string[] own = [.. document.Pictures.SelectMany(p => p.Metrics?.Own?.Keys ?? []).Distinct(StringComparer.Ordinal)];
        var table = Tables.Create(["file", ">size", ">PSNR", ">SSIM", ">L∞", ">latents", .. own.Select(n => $">{n}"), ">loss before", ">after", ">seconds"]);
        foreach (var picture in document.Pictures)
        {
            if (picture is not { Metrics: { } metrics, Run: { } run }) continue;
            table.AddRow([.. ((IEnumerable<string>)
            [
                picture.Plan.Output,
                Size(picture),
                Format.Decibels(metrics.Psnr),
                Format.NumberOrDash(metrics.Ssim, "0.0000"),
                Format.Number(metrics.LInfinity, "0.##"),
                Format.Number(100 * metrics.LatentShift, "0") + " %",
                .. own.Select(n => metrics.Own?.TryGetValue(n, out var value) == true ? Format.Number(value, "0.####") : "–"),
                Format.NumberOrDash(run.LossBefore ?? double.NaN, "0.0000"),
                Format.NumberOrDash(run.LossAfter ?? double.NaN, "0.0000"),
                Format.Number(run.SecondsPerPicture, "0.0"),
            ]).Select(Markup.Escape)]);
        }

        return table;
    }

    // Only the official script mode changes a picture's size; nobody may take its squares for the artwork.
    private static string Size(PictureResult picture)
    {
        var (width, height) = picture.OriginalSize;
        return (width, height) == (picture.Width, picture.Height) ? $"{width} × {height}" : $"{width} × {height} → {picture.Width} × {picture.Height}";
    }

    private static string Summary(ProtectDocument document, ProtectSettings settings)
    {
        var parts = new List<string> { $"{document.Count(PictureStatus.Protected)} protected" };
        if (document.Count(PictureStatus.Failed) is > 0 and var failed) parts.Add($"{failed} failed");
        if (document.Count(PictureStatus.Cancelled) is > 0 and var cancelled) parts.Add($"{cancelled} not done: stopped");
        var text = string.Join(", ", parts) + $" in {Format.Duration(TimeSpan.FromSeconds(document.Seconds))}";
        if (document.Runs is [{ Result: var run }, ..])
            text += $" ({run.Options.Method.Name}, ε = {Format.Number(run.Options.Epsilon ?? double.NaN, "0.###")}/255, {run.Steps} steps, {run.Model.Name}, " +
                $"{run.Device})";
        return text + $" → {settings.Output}";
    }
}
