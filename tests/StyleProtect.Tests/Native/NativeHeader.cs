using System.Text.RegularExpressions;
using StyleProtect.Testing;

namespace StyleProtect.Tests.Native;

/// <summary>What native/include/styleprotect_native.h declares.</summary>
internal sealed partial class NativeHeader
{
    private NativeHeader(string text)
    {
        var code = Comment().Replace(text, " ");
        Functions = Function().Matches(code).ToDictionary(
            m => m.Groups["name"].Value, m => (Type(m.Groups["type"].Value), Parameters(m.Groups["args"].Value)), StringComparer.Ordinal);
        Structs = Struct().Matches(code).ToDictionary(m => m.Groups["name"].Value, m => Fields(m.Groups["body"].Value), StringComparer.Ordinal);
        Constants = Define().Matches(code).ToDictionary(
            m => m.Groups["name"].Value, m => int.Parse(m.Groups["value"].Value, System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    internal IReadOnlyDictionary<string, (string Returns, string[] Parameters)> Functions { get; }

    internal IReadOnlyDictionary<string, (string Type, string Name)[]> Structs { get; }

    internal IReadOnlyDictionary<string, int> Constants { get; }

    internal static NativeHeader Read() => new(File.ReadAllText(Path.Combine(Checkout.Folder, "native", "include", "styleprotect_native.h")));

    private static string Type(string type) => type.Replace("const ", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

    private static string[] Parameters(string list) =>
        list.Trim() is "void" or "" ? [] : [.. list.Split(',').Select(p => Type(Declarator().Replace(p.Trim(), "$1")))];

    private static (string Type, string Name)[] Fields(string body) =>
        [.. body.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(f => (f[..f.LastIndexOf(' ')].Trim(), f[(f.LastIndexOf(' ') + 1)..]))];

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"SP_API\s+(?<type>[\w ]+?\*?)\s*\b(?<name>sp_\w+)\((?<args>[^)]*)\)\s*;")]
    private static partial Regex Function();

    [GeneratedRegex(@"typedef struct \w+ \{(?<body>[^}]*)\}\s*(?<name>\w+)\s*;")]
    private static partial Regex Struct();

    [GeneratedRegex(@"#define\s+(?<name>SP_\w+)\s+(?<value>\d+)u?\b")]
    private static partial Regex Define();

    [GeneratedRegex(@"^(.*?)\s*\b\w+$")]
    private static partial Regex Declarator();
}
