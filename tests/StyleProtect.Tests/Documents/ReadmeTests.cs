using System.Net;
using System.Net.Http.Headers;
using StyleProtect.Artworks;
using StyleProtect.Metrics;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Documents;

/// <summary>The programs in README.md do what the text beside them says.</summary>
public sealed class ReadmeTests
{
    private static readonly IReadOnlyList<Snippet> s_snippets = Snippet.Of("README.md");

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, s_snippets.Count)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_program_compiles(int number) => Assert.NotNull(s_snippets[number].Compile().EntryPoint);

    [Fact]
    public async Task The_first_program_protects_a_picture_with_the_embedded_model()
    {
        using var folder = new TempFolder();
        var original = TestPictures.Random(40, 32, 8, false, 1);
        original.Save(folder["painting.png"]);
        await s_snippets[0].With("painting-protected.png", folder["protected.png"]).With("painting.png", folder["painting.png"])
            .With("Create()", "Create(new StyleProtectorOptions { Defaults = new ProtectionOptions { Steps = 3 } })").RunAsync();
        AssertProtected(original, Artwork.Load(folder["protected.png"]));
    }

    [Fact]
    public async Task The_web_application_answers_a_picture_with_a_protected_one()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var model = new TinyModelFolder();
        using var started = new StartedHost();
        var program = s_snippets[1].With("sd15", model.Path).With("Epsilon = 8", "Epsilon = 8, Steps = 2").RunAsync(
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None");
        Assert.NotSame(program, await Task.WhenAny(program, started.WaitAsync(cancel)));
        var (host, address) = await started.WaitAsync(cancel);
        var original = TestPictures.Random(40, 32, 8, false, 1);
        using (var client = new HttpClient { BaseAddress = address })
        {
            using var form = new MultipartFormDataContent();
            using var file = new ByteArrayContent(original.Encode(ArtworkFormat.Png));
            file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            form.Add(file, "file", "painting.png");
            using var answer = await client.PostAsync(new Uri("/protect", UriKind.Relative), form, cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("image/webp", answer.Content.Headers.ContentType?.MediaType);
            AssertProtected(original, Artwork.Load(await answer.Content.ReadAsByteArrayAsync(cancel)));
        }

        await host.StopAsync(cancel);
        await program;
    }

    private static void AssertProtected(Artwork original, Artwork result)
    {
        Assert.Equal((original.Width, original.Height), (result.Width, result.Height));
        Assert.InRange(ImageDifference.LInfinity(original.ToPlanarRgb(), result.ToPlanarRgb()), 1, 8);
    }
}
