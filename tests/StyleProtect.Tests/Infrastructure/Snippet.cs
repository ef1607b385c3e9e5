using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>A fenced block of C# in one of the repository's documents: a program that a reader can copy, with the usings that an SDK project (of the web, too) has by itself.</summary>
internal sealed record Snippet(string Document, int Line, string Source)
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
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

    private static readonly MetadataReference[] s_references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(File.Exists).Select(f => MetadataReference.CreateFromFile(f))];

    /// <summary>All of a document, in order.</summary>
    /// <param name="document">Path below the repository's folder.</param>
    internal static IReadOnlyList<Snippet> Of(string document)
    {
        var snippets = new List<Snippet>();
        var lines = File.ReadAllLines(Path.Combine(Checkout.Folder, document));
        for (var start = 0; start < lines.Length; start++)
        {
            if (lines[start].Trim() is not ("```csharp" or "```cs" or "```c#")) continue;
            var end = Array.FindIndex(lines, start + 1, l => l.Trim() == "```");
            Assert.True(end > start, $"{document}({start + 1}): the block has no end");
            snippets.Add(new Snippet(document, start + 2, string.Join('\n', lines[(start + 1)..end])));
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

    /// <summary>Compiles it; an error fails the test and is reported with the document's line.</summary>
    internal Assembly Compile()
    {
        var parse = new CSharpParseOptions(LanguageVersion.Preview);
        var compilation = CSharpCompilation.Create(
            $"{Path.GetFileNameWithoutExtension(Document)}{Line}", [CSharpSyntaxTree.ParseText(Source, parse), CSharpSyntaxTree.ParseText(ImplicitUsings, parse)], s_references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        using var bytes = new MemoryStream();
        var faults = compilation.Emit(bytes).Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning)
            .Select(d => $"{Document}({Line + d.Location.GetLineSpan().StartLinePosition.Line}): {d.Id} {d.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}");
        Assert.Empty(faults);
        return Assembly.Load(bytes.ToArray());
    }

    /// <summary>Compiles it and runs it to its end, on a thread of its own.</summary>
    internal Task RunAsync(params string[] arguments)
    {
        var main = Compile().EntryPoint!;
        return Task.Factory.StartNew(
            () => main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [arguments], null), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
