using CsCheck;
using StyleProtect.Hub;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Hub;

public sealed class ModelCatalogTests
{
    private const string One = """
        {"schema": "styleprotect.catalog/1", "models": [{"name": "mine", "aliases": ["my-model"], "title": "Mine", "repository": "me/mine", "purpose": "Tests.",
         "sizes": {"vae": 10, "unet": 20}, "license": "mit", "ability": "everyMethod"}]}
        """;

    [Fact]
    public void The_built_in_catalogue_has_the_models_that_people_ask_for()
    {
        var catalog = ModelCatalog.BuiltIn;
        foreach (var name in (string[])["sd15", "sd21", "sdxl", "tiny-sd", "sd-vae", "sdxl-vae", "flux1-vae", "taesd", "taesdxl", "taesd3", "taef1", "taef2",
            "clip-tokenizer"])
        {
            var entry = catalog.Find(name);
            Assert.NotNull(entry);
            Assert.True(entry.Size > 1_000_000 && entry.Purpose.EndsWith('.') && entry.Alternative!.Length > 0 && entry.CheckedOn is not null, name);
        }

        Assert.Equal("stable-diffusion-v1-5/stable-diffusion-v1-5", catalog.Find("SD-1.5")?.Repository);
        Assert.Same(catalog.Find("flux1-vae"), catalog.Find("flux.1-schnell"));
        Assert.Null(catalog.Find("nobody"));
        Assert.Equal((335_000_000, 3_932_000_000), (catalog.Find("sd15")!.SizeOf(ModelParts.Vae), catalog.Find("sd15")!.SizeOf(ModelParts.UNet)));
        Assert.Equal(168_000_000, catalog.Find("flux1-vae")!.SizeOf());
    }

    /// <summary>A remedy that names a model which is not in the catalogue is none.</summary>
    [Fact]
    public void Commands_in_the_catalogue_name_models_that_are_known()
    {
        var commands = ModelCatalog.BuiltIn.Entries.SelectMany(e => (e.Alternative ?? "").Split('`'))
            .Where(t => t.StartsWith("styleprotect ", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            Assert.StartsWith("styleprotect models pull ", command, StringComparison.Ordinal);
            var name = command.Split(' ')[3];
            Assert.True(name.Contains('/', StringComparison.Ordinal) || ModelCatalog.BuiltIn.Find(name) is not null, command);
        }
    }

    [Fact]
    public void The_documentation_has_the_catalogue()
    {
        var lines = File.ReadAllLines(Path.Combine(Checkout.Folder, "docs", "models.md"));
        foreach (var entry in ModelCatalog.BuiltIn.Entries)
        {
            var line = Assert.Single(lines, l => l.StartsWith($"| `{entry.Name}` |", StringComparison.Ordinal));
            foreach (var part in entry.Aliases.Append(entry.Repository).Append(entry.License).Append($"{entry.CheckedOn:yyyy-MM-dd}").Append(entry.Note ?? ""))
                Assert.Contains(part, line, StringComparison.Ordinal);
        }

        var json = string.Join('\n', lines.SkipWhile(l => l != "```json").Skip(1).TakeWhile(l => l != "```"));
        Assert.Single(ModelCatalog.Parse(json, "docs/models.md").Entries);
    }

    [Fact]
    public void A_file_replaces_the_catalogue()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["catalog.json"], One);
        using var store = new ModelStore(new ModelStoreOptions { CacheFolder = folder["cache"], CatalogFile = folder["catalog.json"] });
        Assert.Equal("me/mine", store.Catalog.Find("my-model")?.Repository);
        Assert.Null(store.Catalog.Find("sd15"));
        using var missing = new ModelStore(new ModelStoreOptions { CacheFolder = folder["cache"], CatalogFile = folder["none.json"] });
        Assert.Contains("STYLEPROTECT_CATALOG", Assert.Throws<ModelStoreException>(() => missing.Catalog).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"license\"", "\"licence\"", "licence")]
    [InlineData("\"me/mine\"", "\"../mine\"", "is not a repository")]
    [InlineData("\"me/mine\"", "\"me/mine@x\"", "is not a repository")]
    [InlineData("\"my-model\"", "\"MINE\"", "stands for two models")]
    [InlineData("\"my-model\"", "\"a/b\"", "has a slash")]
    [InlineData("catalog/1", "catalog/2", "'styleprotect.catalog/1' is read")]
    [InlineData("\"vae\": 10", "\"vae\": -1", "a size is negative")]
    [InlineData("\"license\": \"mit\"", "\"license\": \"mit\", \"path\": \"../x\"", "not a plain relative path")]
    [InlineData("\"everyMethod\"", "\"all\"", "ability")]
    [InlineData("\"title\": \"Mine\", ", "", "title")]
    [InlineData("\"Mine\"", "null", "title")]
    [InlineData("]}", "]", "is not a catalogue")]
    public void A_wrong_file_says_where_it_is_wrong(string from, string to, string message)
    {
        Assert.Contains(from, One, StringComparison.Ordinal);
        var failure = Assert.Throws<ModelStoreException>(() => ModelCatalog.Parse(One.Replace(from, to, StringComparison.Ordinal), "my.json"));
        Assert.StartsWith("my.json: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_text_is_a_catalogue_or_refused() =>
        Gen.Select(Gen.Int[0, One.Length - 1], Gen.Char, Gen.Int[0, 5]).Sample((at, letter, cut) =>
        {
            try
            {
                Assert.Single(ModelCatalog.Parse(string.Concat(One.AsSpan(0, at), letter.ToString(), One.AsSpan(Math.Min(One.Length, at + cut))),
                    "my.json").Entries);
            }
            catch (ModelStoreException)
            {
                // refused, as it may be
            }
        }, iter: 2_000);
}
