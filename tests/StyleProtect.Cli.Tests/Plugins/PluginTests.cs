using System.Security.Cryptography;
using System.Text.Json.Nodes;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Methods;
using StyleProtect.Cli.Plugins;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Evaluation.Metrics;
using StyleProtect.Layers;
using StyleProtect.Metrics;
using StyleProtect.Testing;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Plugins;

/// <summary><c>--plugin</c> with an assembly that the tests do not reference.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly TempFolder _temp = new();

    /// <summary>The plug-in of tests/StyleProtect.TestPlugin.</summary>
    public static string File { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "StyleProtect.TestPlugin", new DirectoryInfo(AppContext.BaseDirectory).Name, "StyleProtect.TestPlugin.dll"));

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_selector_of_a_plugin_is_chosen_by_name_and_has_an_option_of_its_own()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--plugin", File, "--layers", "every-second-layer",
            "--every-second-layer-offset", "1", "--json"));
        var selector = Assert.Single(command.Engine.Requests).Options!.Layers!;
        Assert.Equal("StyleProtect.TestPlugin.EverySecondLayer", selector.GetType().FullName);
        Assert.Equal(1, selector.GetType().GetProperty("Offset")!.GetValue(selector));
        Assert.Equal("every-second-layer", (string?)command.Json["settings"]!["layers"]);
        var sidecar = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(_temp["out/a.png.styleprotect.json"], TestContext.Current.CancellationToken))!;
        foreach (var document in (JsonNode[])[command.Json, sidecar])
        {
            var plugin = Assert.Single(document["plugins"]!.AsArray())!;
            Assert.Equal(("StyleProtect.TestPlugin", "1.2.3"), ((string?)plugin["assembly"], (string?)plugin["version"]));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken))),
                (string?)plugin["sha256"]);
        }
    }

    [Fact]
    public async Task Layers_lists_the_selectors_and_help_the_options()
    {
        var command = new CommandLine();
        var model = GoldenModelFolder.WriteStableDiffusion1(_temp["m"]);
        Assert.Equal(0, await command.RunAsync("layers", "--model", model, "--plugin", File));
        Assert.Contains("Selectors of plug-ins, for --layers: every-second-layer.", command.Output, StringComparison.Ordinal);
        Assert.Equal(0, await command.RunAsync("layers", "--model", model, "--plugin", File, "--json"));
        Assert.Equal(["every-second-layer"], command.Json["selectors"]!.AsArray().Select(s => (string?)s));
        Assert.Equal(0, await command.RunAsync("evaluate", "--plugin", File, "--help"));
        foreach (var text in (string[])["--every-second-layer-offset <value>", "--brightness-scope <value>",
            "all or first (default: all)", "--brightness-inverted"])
            Assert.Contains(text, command.Output, StringComparison.Ordinal);
        Assert.Equal(0, await command.RunAsync("methods", "--plugin", File, "--json"));
        Assert.Contains("darken", command.Json["methods"]!.AsArray().Select(m => (string?)m!["name"]));
        Assert.Equal("negative", (string?)Assert.Single(command.Json["plugins"]!["purifier"]!.AsArray()));
        Assert.Equal("mean-difference", (string?)Assert.Single(command.Json["plugins"]!["picture metric"]!.AsArray()));
        Assert.Equal(0, await command.RunAsync("methods", "--plugin", File));
        Assert.Contains("From plug-ins, purifier: negative.", command.Output, StringComparison.Ordinal);
        Assert.Equal(0, await command.RunAsync("protect", "--plugin", File, "--help"));
        Assert.Contains("--darken-weight <value>", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_of_a_plugin_protects_and_its_metric_reaches_the_documents()
    {
        Pictures.Write(_temp["in/a.png"], width: 40, height: 36);
        var model = GoldenModelFolder.WriteStableDiffusion2(_temp["m"]);
        var command = new CommandLine { Factory = new ProtectorFactory() };
        Assert.Equal(0, await command.RunAsync(
            "protect", _temp["in"], "-o", _temp["out"], "--model", model, "--plugin", File, "--method", "darken", "--darken-weight", "2", "--steps", "2",
                "--json"));
        Assert.Equal("darken", (string?)command.Json["settings"]!["method"]);
        var sidecar = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(_temp["out/a.png.styleprotect.json"], TestContext.Current.CancellationToken))!;
        Assert.Equal("darken", (string?)sidecar["settings"]!["method"]);
        Assert.InRange((double)sidecar["figures"]!["metrics"]!["mean-difference"]!, 0.5, 8);
        Assert.Equal("StyleProtect.TestPlugin", (string?)sidecar["plugins"]![0]!["assembly"]);
        // A condition of an evaluation names it as it names a built-in one.
        using var plugins = PluginSet.Load([File]);
        var condition = StyleProtect.Evaluation.EvaluationCondition.Parse("darken@steps=2", new StyleProtect.Protection.ProtectionOptions(),
            MethodCatalog.AllWith(plugins));
        Assert.Equal(("darken", 2), (condition.Protection!.Method.Name, condition.Protection.Steps));
    }

    /// <summary>Every file of docs/extending.md that can be a plug-in is one, and the document's command line works.</summary>
    [Fact]
    public async Task The_documents_files_are_plugins()
    {
        Pictures.Write(_temp["in/a.png"]);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var snippet in Snippet.Of("docs/extending.md").Where(s => s.Heading is not ("Image encoder" or "Upscaler" or "Kernel")))
        {
            var name = snippet.Heading.Replace(" ", "", StringComparison.Ordinal);
            files[snippet.Heading] = _temp[$"{name}.dll"];
            await System.IO.File.WriteAllBytesAsync(_temp[$"{name}.dll"], snippet.LibraryBytes(name), TestContext.Current.CancellationToken);
        }

        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync(["methods", "--json", .. files.Values.SelectMany(f => (string[])["--plugin", f])]));
        string[] methods = [.. command.Json["methods"]!.AsArray().Select(m => (string)m!["name"]!)];
        string[] own = ["latent-style", "contrast-advdm", "dct-shield", "glaze-sketch", "metacloak-sketch", "photoguard-diffusion", "latent-spread"];
        Assert.Superset(own.ToHashSet(), methods.ToHashSet());
        await Refused(
            "--latent-spread-weight: the weight is above 0, not 0.", [files["Plug-ins"]],
            "--method", "latent-spread", "--latent-spread-weight", "0");
        Assert.Equal(0, await command.RunAsync(
            "protect", _temp["in"], "-o", _temp["out"], "--plugin", files["Plug-ins"], "--method", "latent-spread", "--latent-spread-weight", "2"));
        var method = Assert.Single(command.Engine.Requests).Options!.Method;
        Assert.Equal(("latent-spread", 2.0), (method.Name, method.GetType().GetProperty("Weight")!.GetValue(method)));
        using var plugins = PluginSet.Load([.. files.Values]);
        Assert.Equal(["decoder-layers"], plugins.Of<ILayerSelector>().Select(s => s.Name));
        Assert.Equal(["last-bits"], plugins.Of<IPurifier>().Select(s => s.Name));
        Assert.Equal(["changed"], plugins.Of<IPictureMetric>().Select(s => s.Name));
        Assert.Equal(["saturation"], plugins.Of<IGenerationMetric>().Select(s => s.Name));
    }

    [Theory]
    [InlineData("--every-second-layer-offset 2", "--every-second-layer-offset: the offset is 0 or 1, not 2.")]
    [InlineData("--every-second-layer-offset x", "--every-second-layer-offset: 'x' is not a whole number")]
    [InlineData("--brightness-scope some", "--brightness-scope: unknown value 'some'")]
    [InlineData("--brightness-factor x", "--brightness-factor: 'x' is not a number")]
    public async Task Wrong_values_of_its_options_are_refused(string words, string reason)
    {
        Pictures.Write(_temp["in/a.png"]);
        await Refused(reason, [File], words.Split(' '));
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_named_with_the_reason()
    {
        Pictures.Write(_temp["in/a.png"]);
        await System.IO.File.WriteAllTextAsync(_temp["text.dll"], "this is text", TestContext.Current.CancellationToken);
        System.IO.File.Copy(typeof(Spectre.Console.Table).Assembly.Location, _temp["Spectre.Console.dll"]);
        await Refused($"'{_temp["none.dll"]}' cannot be used: there is no such file.", [_temp["none.dll"]]);
        await Refused($"'{_temp["text.dll"]}' cannot be used: it is no .NET assembly", [_temp["text.dll"]]);
        await Refused("it has no public class with a parameterless constructor that is a method, purifier, picture metric, generation metric or layer selector",
            [_temp["Spectre.Console.dll"]]);
    }

    [Fact]
    public async Task Two_of_one_name_are_refused()
    {
        Pictures.Write(_temp["in/a.png"]);
        System.IO.File.Copy(File, _temp["copy.dll"]);
        await Refused("two generation metrics have the name 'brightness': StyleProtect.TestPlugin.Brightness and StyleProtect.TestPlugin.Brightness.",
            [File, _temp["copy.dll"]]);
        // The same file twice is one plug-in.
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--plugin", File, "--plugin", File));
    }

    [Fact]
    public async Task The_types_of_the_library_are_the_applications_own()
    {
        using var plugins = PluginSet.Load([File]);
        var (_, selector) = Assert.Single(plugins.Of<ILayerSelector>());
        Assert.NotSame(System.Runtime.Loader.AssemblyLoadContext.Default,
            System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(selector.GetType().Assembly));
        var catalog = ModelInspector.ReadLayers(GoldenModelFolder.WriteStableDiffusion1(_temp["m"]));
        var selection = await selector.SelectAsync(new LayerSelectionContext(catalog), TestContext.Current.CancellationToken);
        Assert.Equal([0, 2, 4, 6, 8, 10, 12, 14], selection.Layers.Select(l => l.Index));
    }

    private async Task Refused(string reason, string[] files, params string[] words)
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing,
            await command.RunAsync(["protect", _temp["in"], "-o", _temp["out"], .. files.SelectMany(f => (string[])["--plugin", f]), .. words]));
        Assert.Contains(reason, Assert.Single(command.ErrorLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }
}
