using StyleProtect.MiniModel.Training.Data;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class PictureViewTests
{
    private const int Stored = 8;

    private static byte[] Noise()
    {
        var random = new StableRandom(1, 1);
        var rgb = new byte[Stored * Stored * 3];
        for (var i = 0; i < rgb.Length; i++) rgb[i] = (byte)random.Next(256);
        return rgb;
    }

    private static float Expected(byte[] rgb, int x, int y, int c) => rgb[(y * Stored + x) * 3 + c] * (2f / 255) - 1;

    private static float[] Render(byte[] rgb, ViewTransform t, int size = Stored)
    {
        var planes = new float[3 * size * size];
        new PictureView(Stored, size).Render(rgb, t, planes);
        return planes;
    }

    [Fact]
    public void Identity_gives_the_pixels_in_planes()
    {
        var rgb = Noise();
        var planes = Render(rgb, ViewTransform.Identity);
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < Stored; y++)
                for (var x = 0; x < Stored; x++) Assert.Equal(Expected(rgb, x, y, c), planes[(c * Stored + y) * Stored + x]);
        Assert.InRange(planes.Min(), -1, 1);
        Assert.InRange(planes.Max(), -1, 1);
    }

    [Fact]
    public void Half_size_is_the_mean_of_two_by_two()
    {
        var rgb = Noise();
        var planes = Render(rgb, ViewTransform.Identity, Stored / 2);
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < Stored / 2; y++)
                for (var x = 0; x < Stored / 2; x++)
                {
                    var mean = (
                        Expected(rgb, 2 * x, 2 * y, c) + Expected(rgb, 2 * x + 1, 2 * y, c) + Expected(rgb, 2 * x, 2 * y + 1, c) +
                        Expected(rgb, 2 * x + 1, 2 * y + 1, c)) / 4;
                    Assert.Equal(mean, planes[(c * (Stored / 2) + y) * (Stored / 2) + x], 1e-5f);
                }
    }

    [Fact]
    public void A_whole_shift_moves_pixels_and_fills_with_white()
    {
        var rgb = Noise();
        var planes = Render(rgb, new ViewTransform(Flip: false, 1, 2, -1));
        for (var y = 0; y < Stored - 1; y++)
            for (var x = 0; x < Stored; x++)
                Assert.Equal(x < 2 ? 1 : Expected(rgb, x - 2, y + 1, 1), planes[(Stored + y) * Stored + x], 1e-5f);
        for (var x = 0; x < Stored; x++) Assert.Equal(1, planes[(Stored + Stored - 1) * Stored + x], 1e-5f);
    }

    [Fact]
    public void A_flip_mirrors()
    {
        var rgb = Noise();
        var planes = Render(rgb, ViewTransform.Identity with { Flip = true });
        for (var y = 0; y < Stored; y++)
            for (var x = 0; x < Stored; x++) Assert.Equal(Expected(rgb, Stored - 1 - x, y, 0), planes[y * Stored + x], 1e-5f);
    }

    [Fact]
    public void Magnifying_twice_keeps_the_centre_and_a_flat_picture_flat()
    {
        var flat = new byte[Stored * Stored * 3];
        Array.Fill(flat, (byte)51);
        Assert.All(Render(flat, ViewTransform.Identity with { Scale = 2 }), v => Assert.Equal(51 * (2f / 255) - 1, v, 1e-5f));
        var small = Render(flat, ViewTransform.Identity with { Scale = 0.5 });
        Assert.Equal(1, small[0]);
        Assert.Equal(51 * (2f / 255) - 1, small[Stored / 2 * Stored + Stored / 2], 1e-5f);
    }

    [Fact]
    public void Other_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new PictureView(8, 5));
        Assert.Throws<ArgumentException>(() => new PictureView(8, 8).Render(new byte[3], ViewTransform.Identity, new float[192]));
    }
}
