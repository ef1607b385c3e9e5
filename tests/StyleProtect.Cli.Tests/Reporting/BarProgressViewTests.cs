using Spectre.Console;
using StyleProtect.Cli.Reporting;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Reporting;

public sealed class BarProgressViewTests
{
    [Fact]
    public async Task A_terminal_gets_a_bar_with_loss_and_time_left()
    {
        using var writer = new StringWriter();
        var result = await new BarProgressView(Console(writer)).ShowAsync<ProtectionProgress, int>("picture 1 of 2: a[1].png", ShownStep.Of, progress =>
        {
            progress.Report(new ProtectionProgress(30, 60, 0.1234, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(65)));
            return Task.FromResult(7);
        });
        Assert.Equal(7, result);
        var text = writer.ToString();
        Assert.Contains("picture 1 of 2: a[1].png · loss 0.1234 · 1 min 05 s left", text, StringComparison.Ordinal);
        Assert.Contains("50%", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_comes_through()
    {
        using var writer = new StringWriter();
        var e = await Assert.ThrowsAsync<ProtectionException>(() => new BarProgressView(Console(writer))
            .ShowAsync<ProtectionProgress, int>("a", ShownStep.Of, _ => throw new ProtectionException("loss is NaN")));
        Assert.Equal("loss is NaN", e.Message);
    }

    private static IAnsiConsole Console(StringWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
        });
        console.Profile.Width = 160;
        return console;
    }
}
