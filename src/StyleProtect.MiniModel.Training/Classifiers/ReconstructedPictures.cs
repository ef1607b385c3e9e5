using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Classifiers;

/// <summary>
/// Every picture of the data set as a model's autoencoder gives it back, so that classifiers learn from what that model can generate. Computed once; kept in a
/// file that names the weights.
/// </summary>
internal sealed class ReconstructedPictures : IDisposable
{
    private const int Batch = 64;
    private readonly MappedPixels _pixels;

    private ReconstructedPictures(MappedPixels pixels) => _pixels = pixels;

    /// <summary>Opens the file, or makes it first.</summary>
    /// <param name="set">The data set.</param>
    /// <param name="model">The model.</param>
    /// <param name="hash">Identity of its weights.</param>
    /// <param name="folder">Where the file lies.</param>
    /// <param name="side">Side of the pictures.</param>
    internal static ReconstructedPictures OpenOrBuild(DataSet set, LatentDiffusionModel model, string hash, string folder, int side)
    {
        var path = Path.Combine(folder, $"reconstructions-{hash[..16]}-{set.Digest}.u8");
        if (!File.Exists(path)) Build(set, model, path, side);
        return new ReconstructedPictures(new MappedPixels(path, set.Count, 3 * side * side));
    }

    /// <summary>A picture's bytes, row by row, RGB.</summary>
    internal ReadOnlySpan<byte> this[int picture] => _pixels[picture];

    /// <summary>Pictures [N, 3, H, W] in [−1, 1] as the autoencoder gives them back.</summary>
    internal static Tensor RoundTrip(LatentDiffusionModel model, Tensor pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return model.Decode(model.Encode(pictures, zeros(model.LatentShape(pictures.shape[0], pictures.shape[2], pictures.shape[3])))).Clamp(-1, 1)
            .MoveToOuterDisposeScope();
    }

    public void Dispose() => _pixels.Dispose();

    private static void Build(DataSet set, LatentDiffusionModel model, string path, int side)
    {
        Console.WriteLine($"reconstructing {set.Count} pictures");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = File.Create(path + ".part"))
            foreach (var part in Enumerable.Range(0, set.Count).Chunk(Batch))
            {
                using var scope = NewDisposeScope();
                using var batch = set.Batch(part, side);
                var bytes = RoundTrip(model, batch.Images).Add(1).Mul(127.5).round().to(ScalarType.Byte).permute(0, 2, 3, 1).contiguous();
                file.Write(bytes.data<byte>().ToArray());
            }

        File.Move(path + ".part", path, overwrite: true);
    }
}
