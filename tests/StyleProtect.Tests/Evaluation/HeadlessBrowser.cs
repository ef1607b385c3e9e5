using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Text.Json.Nodes;

namespace StyleProtect.Tests.Evaluation;

/// <summary>A Chromium without a window, if the machine has one.</summary>
internal static class HeadlessBrowser
{
    private static readonly string[] s_names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

    /// <summary>The program; null when there is none.</summary>
    internal static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>Loads a copy of a page that ends with a script, and gives what the script puts into <c>result</c>.</summary>
    /// <param name="page">The page's text.</param>
    /// <param name="file">File for the copy.</param>
    /// <param name="script">The script.</param>
    internal static async Task<JsonNode> Ask(string page, string file, string script, CancellationToken cancellationToken)
    {
        var asking = $"<script>addEventListener('load', async () => {{ const result = {{}}; {script}; const answer = document.createElement('pre'); " +
        $"answer.id = 'answer'; answer.textContent = JSON.stringify(result); document.body.append(answer); }});</script></body>";
        await File.WriteAllTextAsync(file, page.Replace("</body>", asking, StringComparison.Ordinal), cancellationToken);
        var profile = Directory.CreateTempSubdirectory("styleprotect-browser-").FullName;
        using var browser = Process.Start(new ProcessStartInfo(
            Program!, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND",
                $"--user-data-dir={profile}", "--virtual-time-budget=10000", "--dump-dom", new Uri(file).AbsoluteUri])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(2));
            var errors = browser.StandardError.ReadToEndAsync(limit.Token);
            var dom = await browser.StandardOutput.ReadToEndAsync(limit.Token);
            var answer = Regex.Match(dom, "<pre id=\"answer\">(.*?)</pre>", RegexOptions.Singleline, TimeSpan.FromSeconds(10));
            return answer.Success ? JsonNode.Parse(System.Net.WebUtility.HtmlDecode(answer.Groups[1].Value))!
                : throw new InvalidOperationException($"{Program} gave no answer: {await errors}");
        }
        finally
        {
            if (!browser.HasExited) browser.Kill(entireProcessTree: true);
            await browser.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(profile, recursive: true);
        }
    }
}
