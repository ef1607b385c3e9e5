using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Architecture;

/// <summary>The limit of .editorconfig, which the formatter does not check.</summary>
public sealed class LineLengthTests
{
    private static readonly string[] s_folders = ["src", "tests", "samples", "benchmarks"];

    [Fact]
    public void No_line_of_code_is_longer_than_the_limit()
    {
        var limit = int.Parse(
            File.ReadLines(Path.Combine(Checkout.Folder, ".editorconfig")).Single(l => l.StartsWith("max_line_length", StringComparison.Ordinal)).Split('=')[1],
            System.Globalization.CultureInfo.InvariantCulture);
        var files = s_folders.SelectMany(f => Directory.GetFiles(Path.Combine(Checkout.Folder, f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToArray();
        Assert.True(files.Length > 500);
        var longer = files.SelectMany(f => File.ReadLines(f).Select((line, i) => (Line: line, Place: $"{Path.GetRelativePath(Checkout.Folder, f)}({i + 1})")))
            .Where(l => l.Line.Length > limit).Select(l => $"{l.Place}: {l.Line.Length} characters");
        Assert.Empty(longer);
    }
}
