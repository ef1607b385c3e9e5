using System.ComponentModel;
using System.Diagnostics;

namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>Runs one program of the system to its end.</summary>
internal static class ExternalTool
{
    /// <summary>Runs <paramref name="program"/>, feeding <paramref name="input"/> to it, and returns its standard output.</summary>
    /// <exception cref="DataBuildException">The program is missing, fails, or takes longer than <paramref name="timeout"/>.</exception>
    internal static async Task<byte[]> RunAsync(
        string program, IEnumerable<string> arguments, string howToInstall, string? input, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new DataBuildException($"'{program}' cannot be started: {e.Message}. {howToInstall}", e);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            using var output = new MemoryStream();
            var copied = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            await FeedAsync(process, input, limit.Token);
            await copied;
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
                throw new DataBuildException($"'{program}' ended with code {process.ExitCode}: {(await errors).Trim()}");
            return output.ToArray();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DataBuildException($"'{program}' did not end within {timeout.TotalSeconds:0} s.", e);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static async Task FeedAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program closed its input early; its exit code says why.
        }
    }
}
