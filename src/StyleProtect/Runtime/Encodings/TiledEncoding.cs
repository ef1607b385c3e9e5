using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Encodings;

/// <summary>
/// An encoding in overlapping tiles whose borders are cut off: its memory does not depend on the pictures' size. Not exact, because group norms and the
/// attention at the encoder's bottom see a tile and not the whole; docs/performance.md has the measured error. The gradient is the exact one of what is
/// computed.
/// </summary>
internal sealed class TiledEncoding : IEncoding
{
    private readonly LatentAutoencoder _autoencoder;
    private readonly Tensor _pictures;
    private readonly StepPartition _partition;
    private readonly IReadOnlyList<(TileSpan Row, TileSpan Column)> _tiles;
    private readonly int _factor;

    internal TiledEncoding(LatentAutoencoder autoencoder, Tensor pictures, StepPartition partition, CancellationToken cancellationToken = default)
    {
        using var frozen = no_grad();
        (_autoencoder, _pictures, _partition) = (autoencoder, pictures.alias(), partition);
        _factor = autoencoder.Downsampling;
        _tiles = [.. from row in Cut(2) from column in Cut(3) select (row, column)];
        Moments = empty(autoencoder.MomentShape(pictures.shape[0], pictures.shape[2], pictures.shape[3]), device: autoencoder.Device);
        foreach (var tile in _tiles)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Inner(Moments, tile).copy_(Within(autoencoder.Moments(Pixels(_pictures, tile)), tile));
        }

        IReadOnlyList<TileSpan> Cut(int dimension) => TileSpan.Cut((int)pictures.shape[dimension], partition.Tile!.Value, _factor);
    }

    public Tensor Moments { get; }

    public Tensor VectorJacobianProduct(Tensor gradient, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var sum = zeros_like(_pictures);
        foreach (var tile in _tiles)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            using var encoding = (_partition with { Tile = null }).Encode(_autoencoder, Pixels(_pictures, tile), cancellationToken);
            var part = zeros_like(encoding.Moments);
            Within(part, tile).copy_(Inner(gradient, tile));
            Pixels(sum, tile).Add_(encoding.VectorJacobianProduct(part, cancellationToken));
        }

        return sum.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Moments.Dispose();
        _pictures.Dispose();
    }

    private static Tensor Pixels(Tensor pictures, (TileSpan Row, TileSpan Column) tile) =>
        pictures.narrow(2, tile.Row.Start, tile.Row.Length).narrow(3, tile.Column.Start, tile.Column.Length);

    /// <summary>A tile's share of the whole latents.</summary>
    private Tensor Inner(Tensor latents, (TileSpan Row, TileSpan Column) tile) => Part(latents, tile, 0, 0);

    /// <summary>The same positions in the tile's own latents.</summary>
    private Tensor Within(Tensor latents, (TileSpan Row, TileSpan Column) tile) => Part(latents, tile, tile.Row.Start, tile.Column.Start);

    private Tensor Part(Tensor latents, (TileSpan Row, TileSpan Column) tile, int top, int left) => latents
        .narrow(2, (tile.Row.From - top) / _factor, (tile.Row.To - tile.Row.From) / _factor)
        .narrow(3, (tile.Column.From - left) / _factor, (tile.Column.To - tile.Column.From) / _factor);
}
