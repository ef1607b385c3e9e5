using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>Progress as a few lines of text: the first step, then one every tenth of the way.</summary>
internal sealed class PlainProgressView(TextWriter writer) : IProtectView
{
    public async Task<T> ShowAsync<T>(string title, Func<IProgress<ProtectionProgress>, Task<T>> work)
    {
        await writer.WriteLineAsync(title).ConfigureAwait(false);
        return await work(new Lines(writer)).ConfigureAwait(false);
    }

    private sealed class Lines(TextWriter writer) : IProgress<ProtectionProgress>
    {
        private int _tenths = -1;

        public void Report(ProtectionProgress value)
        {
            var tenths = value.Steps > 0 ? (int)(10L * value.Step / value.Steps) : 10;
            if (tenths <= _tenths) return;
            _tenths = tenths;
            writer.WriteLine($"  step {value.Step}/{value.Steps}, loss {Format.Number(value.Loss, "0.0000")}, {Format.Duration(value.Remaining)} left");
        }
    }
}
