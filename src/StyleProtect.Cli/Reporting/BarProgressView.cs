using Spectre.Console;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>Progress as a bar with the loss and the time left, for terminals. It vanishes when the batch is done.</summary>
internal sealed class BarProgressView(IAnsiConsole console) : IProtectView
{
    public Task<T> ShowAsync<T>(string title, Func<IProgress<ProtectionProgress>, Task<T>> work) =>
        new Progress(console) { AutoClear = true }
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(Markup.Escape(title));
                return work(new Bar(task, title));
            });

    private sealed class Bar(ProgressTask task, string title) : IProgress<ProtectionProgress>
    {
        public void Report(ProtectionProgress value)
        {
            task.MaxValue = Math.Max(1, value.Steps);
            task.Value = value.Step;
            task.Description = Markup.Escape($"{title} · loss {Format.Number(value.Loss, "0.0000")} · {Format.Duration(value.Remaining)} left");
        }
    }
}
