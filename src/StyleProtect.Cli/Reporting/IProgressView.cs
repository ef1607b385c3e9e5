using StyleProtect.Attacks;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Hub;
using StyleProtect.Layers.Analysis;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>Shows running work.</summary>
internal interface IProgressView
{
    /// <summary>Runs work that reports its steps, and shows them.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="shown">What a report looks like.</param>
    /// <param name="work">The work.</param>
    Task<T> ShowAsync<TReport, T>(string title, Func<TReport, ShownStep> shown, Func<IProgress<TReport>, Task<T>> work);
}

/// <summary>What is shown of a report.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Details">What else, in a few words each.</param>
internal sealed record ShownStep(int Step, int Steps, params IReadOnlyList<string> Details)
{
    /// <summary>How far it is, for views without a bar.</summary>
    internal string Text { get; init; } = $"step {Step}/{Steps}";

    internal static ShownStep Of(ProtectionProgress value) =>
        new(value.Step, value.Steps, $"loss {Format.Number(value.Loss, "0.0000")}", Left(value.Remaining));

    internal static ShownStep Of(AttackProgress value) =>
        new(value.Step, value.Steps, $"loss {Format.Number(value.Loss, "0.0000")}", Left(value.Remaining));

    internal static ShownStep Of(SensitivityProgress value) =>
        new(value.Pass, value.Passes, string.Join(" + ", value.Measures.Select(LayerMeasures.NameOf)), $"picture {value.Picture} of {value.Pictures}",
            Left(value.Remaining));

    internal static ShownStep Of(ModelPullProgress value)
    {
        const int whole = 1000; // bytes are too many for a count of steps
        var amount = $"{Format.Bytes(value.Bytes)} of {Format.Bytes(value.TotalBytes)}";
        string[] details = [amount, .. value.IsWaiting ? (string[])[$"another process downloads {value.File}"] : [],
            .. value.Remaining is { } left ? (string[])[$"{Format.Bytes((long)value.BytesPerSecond)}/s", Left(left)] : []];
        return new ShownStep(value.TotalBytes > 0 ? (int)(whole * (double)value.Bytes / value.TotalBytes) : whole, whole, details)
        {
            Text = $"{value.Files} of {value.TotalFiles} files",
        };
    }

    private static string Left(TimeSpan remaining) => $"{Format.Duration(remaining)} left";
}

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressViews
{
    /// <summary>A bar where a person watches, else a few lines; both on standard error.</summary>
    internal static IProgressView For(Terminal terminal) =>
        terminal.ErrorIsTerminal ? new BarProgressView(terminal.Error) : new PlainProgressView(terminal.Error.Profile.Out.Writer);
}
