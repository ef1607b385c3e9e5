using System.Globalization;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>
/// A fenced block of C# in one of the repository's documents: a program or a file of a library that a reader can copy, with the usings that an SDK project
/// (for programs: of the web, too) has by itself.
/// </summary>
/// <param name="Document">Path below the repository's folder.</param>
/// <param name="Heading">Text of the heading above it.</param>
/// <param name="Line">Number of its first line in the document.</param>
/// <param name="Source">Its text.</param>
internal sealed record Snippet(string Document, string Heading, int Line, string Source)
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private const string ImplicitWebUsings = ImplicitUsings + "\n" + """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly HashSet<string> s_banned =
        [.. File.ReadLines(Path.Combine(Checkout.Folder, "BannedSymbols.txt")).Select(l => l.Split(';')[0]).Where(id => id.Length > 0)];

    // As in every SDK project: packages that were built for older versions of others.
    private static readonly Dictionary<string, ReportDiagnostic> s_quiet = new(StringComparer.Ordinal)
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
        ["CS1702"] = ReportDiagnostic.Suppress,
    };

    private static readonly MetadataReference[] s_references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(File.Exists)
            .Select(f => MetadataReference.CreateFromFile(f))];

    /// <summary>All of a document, in order.</summary>
    /// <param name="document">Path below the repository's folder.</param>
    internal static IReadOnlyList<Snippet> Of(string document)
    {
        var snippets = new List<Snippet>();
        var lines = File.ReadAllLines(Path.Combine(Checkout.Folder, document));
        var heading = "";
        for (var start = 0; start < lines.Length; start++)
        {
            if (lines[start].StartsWith('#')) heading = lines[start].TrimStart('#').Trim();
            if (lines[start].Trim() is not ("```csharp" or "```cs" or "```c#")) continue;
            var end = Array.FindIndex(lines, start + 1, l => l.Trim() == "```");
            Assert.True(end > start, $"{document}({start + 1}): the block has no end");
            snippets.Add(new Snippet(document, heading, start + 2, string.Join('\n', lines[(start + 1)..end])));
            start = end;
        }

        return snippets;
    }

    /// <summary>The same with other words, such as a file that exists.</summary>
    internal Snippet With(string old, string replacement)
    {
        Assert.Contains(old, Source, StringComparison.Ordinal);
        return this with { Source = Source.Replace(old, replacement.Replace('\\', '/'), StringComparison.Ordinal) };
    }

    /// <summary>Compiles a program; an error fails the test and is reported with the document's line.</summary>
    internal Assembly Compile() => Assembly.Load(Bytes(OutputKind.ConsoleApplication, ImplicitWebUsings, Name));

    /// <summary>Compiles a file of a library, as <see cref="Compile"/> does.</summary>
    /// <param name="name">The assembly's name; null for one of its own.</param>
    internal Assembly CompileLibrary(string? name = null) => Assembly.Load(LibraryBytes(name));

    /// <summary>The assembly that <see cref="CompileLibrary"/> loads.</summary>
    internal byte[] LibraryBytes(string? name = null) =>
        Bytes(OutputKind.DynamicallyLinkedLibrary, ImplicitUsings, name ?? Name);

    private string Name => $"{Path.GetFileNameWithoutExtension(Document)}{Line}";

    /// <summary>Compiles it and runs it to its end, on a thread of its own.</summary>
    internal Task RunAsync(params string[] arguments)
    {
        var main = Compile().EntryPoint!;
        return Task.Factory.StartNew(
            () => main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [arguments], null), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private byte[] Bytes(OutputKind kind, string usings, string name)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Preview);
        var file = CSharpSyntaxTree.ParseText(Source, parse);
        var compilation = CSharpCompilation.Create(
            name, [file, CSharpSyntaxTree.ParseText(usings, parse)], s_references,
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable, specificDiagnosticOptions: s_quiet));
        using var bytes = new MemoryStream();
        var faults = compilation.Emit(bytes).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning)
            .Select(d => (d.Location, Text: $"{d.Id} {d.GetMessage(CultureInfo.InvariantCulture)}")).ToList();
        if (faults.Count == 0) faults.AddRange(Banned(compilation.GetSemanticModel(file)));
        Assert.Empty(faults.Select(f => $"{Document}({Line + f.Location.GetLineSpan().StartLinePosition.Line}): {f.Text}"));
        return bytes.ToArray();
    }

    /// <summary>Uses of what BannedSymbols.txt refuses in the repository's own code: what a document teaches is no worse.</summary>
    private static IEnumerable<(Location Location, string Text)> Banned(SemanticModel model) =>
        from node in model.SyntaxTree.GetRoot().DescendantNodes()
        let used = (ISymbol?[])[model.GetSymbolInfo(node).Symbol, node is ExpressionSyntax e ? model.GetConversion(e).MethodSymbol : null]
        from symbol in used
        where symbol?.OriginalDefinition.GetDocumentationCommentId() is { } id && s_banned.Contains(id)
        select (node.GetLocation(), $"'{symbol}' is banned: see BannedSymbols.txt.");
}
