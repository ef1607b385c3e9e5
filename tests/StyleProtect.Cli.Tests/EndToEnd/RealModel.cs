using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(StyleProtect.Cli.Tests.EndToEnd.RealModel))]

namespace StyleProtect.Cli.Tests.EndToEnd;

/// <summary>A tiny model with real weights and a folder of pictures, written when the first test asks for them; tests only read them.</summary>
public sealed class RealModel : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly Lazy<string> _model, _pictures;

    public RealModel()
    {
        _model = new(() => GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"]));
        _pictures = new(WritePictures);
    }

    /// <summary>The model.</summary>
    public string Folder => _model.Value;

    /// <summary>A picture of 80 × 60.</summary>
    public string Good => Path.Combine(Input, "good.png");

    /// <summary>A picture of 48 × 40 whose upper half is fully transparent.</summary>
    public string WithAlpha => Path.Combine(Input, "half.png");

    /// <summary>Where both lie.</summary>
    public string Input => _pictures.Value;

    /// <summary>Runs <c>protect</c> with the real engine on this model, three steps unless the words say otherwise.</summary>
    internal async Task<(int ExitCode, CommandLine Command)> ProtectAsync(string input, string output, params string[] words)
    {
        var command = new CommandLine { Factory = new ProtectorFactory() };
        string[] steps = words.Contains("--steps", StringComparer.Ordinal) ? [] : ["--steps", "3"];
        string[] model = words.Contains("--model", StringComparer.Ordinal) ? [] : ["--model", Folder];
        return (await command.RunAsync(["protect", input, "-o", output, .. model, "--threads", "1", .. steps, .. words]), command);
    }

    public void Dispose() => _temp.Dispose();

    private string WritePictures()
    {
        Pictures.Write(_temp["in/good.png"], 1, 80, 60);
        WriteWithAlpha(_temp["in/half.png"]);
        return _temp["in"];
    }

    private static void WriteWithAlpha(string path)
    {
        const int width = 48, height = 40;
        var rgba = new byte[4 * width * height];
        for (var i = 0; i < width * height; i++)
        {
            for (var c = 0; c < 3; c++) rgba[4 * i + c] = (byte)(60 + (i * (c + 3) % 120));
            rgba[4 * i + 3] = (byte)(i < width * height / 2 ? 0 : i % 5 == 0 ? 128 : 255);
        }

        using var image = NetVips.Image.NewFromMemory(rgba, width, height, 4, NetVips.Enums.BandFormat.Uchar)
            .Copy(interpretation: NetVips.Enums.Interpretation.Srgb);
        image.WriteToFile(path);
        Assert.True(Artwork.Load(path).HasAlpha);
    }
}
