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
    private readonly Lazy<string> _model, _twoLevels, _pictures;

    public RealModel()
    {
        _model = new(() => GoldenModelFolder.WriteStableDiffusion1(_temp["tiny"]));
        _twoLevels = new(() => GoldenModelFolder.WriteStableDiffusion2(_temp["two-levels"]));
        _pictures = new(WritePictures);
    }

    /// <summary>The model, with the layers of Stable Diffusion 1.x.</summary>
    public string Folder => _model.Value;

    /// <summary>
    /// A model whose U-Net has two levels and four cross-attention layers: for tests that train and paint, and do not ask for the paper's layers.
    /// </summary>
    public string TwoLevels => _twoLevels.Value;

    /// <summary>A picture of 80 × 60.</summary>
    public string Good => Path.Combine(Input, "good.png");

    /// <summary>A picture of 48 × 40 whose upper half is fully transparent.</summary>
    public string WithAlpha => Path.Combine(Input, "half.png");

    /// <summary>Where both lie.</summary>
    public string Input => _pictures.Value;

    /// <summary>Runs <c>protect</c> with the real engine on this model, three steps of one noise sample unless the words say otherwise.</summary>
    internal async Task<(int ExitCode, CommandLine Command)> ProtectAsync(string input, string output, params string[] words)
    {
        var command = new CommandLine { Factory = new ProtectorFactory() };
        string[] steps = words.Contains("--steps", StringComparer.Ordinal) ? [] : ["--steps", "3"];
        string[] samples = words.Contains("--noise-samples", StringComparer.Ordinal) ? [] : ["--noise-samples", "1"];
        string[] model = words.Contains("--model", StringComparer.Ordinal) ? [] : ["--model", Folder];
        return (await command.RunAsync(["protect", input, "-o", output, .. model, "--threads", "1", .. steps, .. samples, .. words]), command);
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
