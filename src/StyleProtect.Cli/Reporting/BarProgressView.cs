using Spectre.Console;

namespace StyleProtect.Cli.Reporting;

/// <summary>Progress as a bar with its details (loss, time left), for terminals. It vanishes when the work is done.</summary>
internal sealed class BarProgressView(IAnsiConsole console) : IProgressView
{
    public Task<T> ShowAsync<TReport, T>(string title, Func<TReport, ShownStep> shown, Func<IProgress<TReport>, Task<T>> work) =>
        new Progress(console) { AutoClear = true }
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(Markup.Escape(title));
                return work(new Bar<TReport>(task, title, shown));
            });

    private sealed class Bar<TReport>(ProgressTask task, string title, Func<TReport, ShownStep> shown) : IProgress<TReport>
    {
        public void Report(TReport value)
        {
            var step = shown(value);
            task.MaxValue = Math.Max(1, step.Steps);
            task.Value = step.Step;
            task.Description = Markup.Escape(string.Join(" · ", step.Details.Prepend(title)));
        }
    }
}
