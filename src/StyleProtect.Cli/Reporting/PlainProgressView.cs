namespace StyleProtect.Cli.Reporting;

/// <summary>Progress as a few lines of text: the first step, then one every tenth of the way.</summary>
internal sealed class PlainProgressView(TextWriter writer) : IProgressView
{
    public async Task<T> ShowAsync<TReport, T>(string title, Func<TReport, ShownStep> shown, Func<IProgress<TReport>, Task<T>> work)
    {
        await writer.WriteLineAsync(title).ConfigureAwait(false);
        return await work(new Lines<TReport>(writer, shown)).ConfigureAwait(false);
    }

    private sealed class Lines<TReport>(TextWriter writer, Func<TReport, ShownStep> shown) : IProgress<TReport>
    {
        private int _tenths = -1;

        public void Report(TReport value)
        {
            var step = shown(value);
            var tenths = step.Steps > 0 ? (int)(10L * step.Step / step.Steps) : 10;
            if (tenths <= _tenths) return;
            _tenths = tenths;
            writer.WriteLine($"  {step.Text}, {string.Join(", ", step.Details)}");
        }
    }
}
