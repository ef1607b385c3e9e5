using CsCheck;
using StyleProtect.Runtime.Encodings;
using Xunit;

namespace StyleProtect.Tests.Encodings;

public sealed class TileSpanTests
{
    [Fact]
    public void Tiles_cover_a_side_once_on_the_latents_grid_and_with_margins() =>
        Gen.Select(Gen.Int[4, 64], Gen.Int[2, 4], Gen.Int[3, 20]).Sample((sides, halvings, tiles) =>
        {
            var step = 1 << halvings;
            int side = 64 * sides, tile = 64 * tiles;
            var spans = TileSpan.Cut(side, tile, step);
            if (tile >= side)
            {
                Assert.Equal([new TileSpan(0, side, 0, side)], spans);
                return;
            }

            Assert.Equal((0, side), (spans[0].From, spans[^1].To));
            Assert.Equal(side, spans[^1].Start + spans[^1].Length);
            for (var i = 0; i < spans.Count; i++)
            {
                var (start, length, from, to) = spans[i];
                Assert.Equal(tile, length);
                Assert.All([start, from, to], v => Assert.Equal(0, v % step));
                if (i > 0) Assert.Equal(spans[i - 1].To, from);
                if (i > 0) Assert.True(from - start >= TileSpan.Margin - step);
                if (i < spans.Count - 1) Assert.True(start + length - to >= TileSpan.Margin - step);
            }
        }, iter: 500);

    [Fact]
    public void Lengths_shrink_from_two_tiles_a_side_and_end()
    {
        Assert.Equal([576, 448, 384, 320, 256], TileSpan.Lengths(1024, 64));
        Assert.Empty(TileSpan.Lengths(256, 64));
        Assert.All(TileSpan.Lengths(4096, 64), l => Assert.True(TileSpan.Cut(4096, l, 8).Count >= 2));
    }

    [Fact]
    public void A_tile_off_the_grid_or_all_margin_is_refused()
    {
        Assert.Contains("grid of 8", Assert.Throws<ArgumentException>(() => TileSpan.Cut(512, 252, 8)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TileSpan.Cut(512, 128, 8));
    }
}
