using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Metrics;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Tests.Purification;

/// <summary>What a trained model does: the embedded one.</summary>
public sealed class EmbeddedModelPurificationTests : IDisposable
{
    private readonly AttackSimulator _simulator =
        AttackSimulator.Create(new StyleProtectorOptions { Device = ComputeDevice.Cpu, Precision = Precision.Float32 });
    private readonly Artwork _drawing = Drawing();

    [Fact]
    public void The_round_trip_keeps_a_drawing_and_more_noise_changes_more()
    {
        double Psnr(string text) => ImageDifference.Psnr(_drawing.ToPlanarRgb(), Purify(text, _drawing).ToPlanarRgb());
        var roundTrip = Psnr("vae");
        Assert.True(roundTrip > 15, $"PSNR {roundTrip:0.0} dB after the autoencoder");
        var (light, strong) = (Psnr("sdedit:0.1:20"), Psnr("sdedit:0.8:20"));
        Assert.True(roundTrip > light && light > strong, $"PSNR {roundTrip:0.0}, {light:0.0}, {strong:0.0} dB");
    }

    [Fact]
    public void Tiles_leave_no_seam_where_nothing_is()
    {
        var plain = Artwork.FromRgb24(Enumerable.Repeat((byte)255, 3 * 100 * 70).ToArray(), 100, 70);
        var purified = Purify("gridpure:5:1", plain).ToPlanarRgb();
        Assert.True(ImageDifference.Psnr(plain.ToPlanarRgb(), purified) > 20, "a white picture does not stay white");
    }

    private Artwork Purify(string text, Artwork artwork) => Purifiers.Parse(text, new PurifierServices { Host = _simulator.Host }).Purify(artwork);

    /// <summary>A red disc with a dark outline on white, 64 × 64.</summary>
    private static Artwork Drawing()
    {
        var bytes = new byte[3 * 64 * 64];
        for (var i = 0; i < 64 * 64; i++)
        {
            var distance = Math.Sqrt(Math.Pow((i % 64) - 31.5, 2) + Math.Pow((i / 64) - 31.5, 2));
            byte[] colour = distance < 22 ? [220, 50, 40] : distance < 25 ? [40, 30, 30] : [255, 255, 255];
            colour.CopyTo(bytes, 3 * i);
        }

        return Artwork.FromRgb24(bytes, 64, 64);
    }

    public void Dispose() => _simulator.Dispose();
}
