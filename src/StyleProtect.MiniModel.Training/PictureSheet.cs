using NetVips;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>Writes pictures side by side into a PNG.</summary>
internal static class PictureSheet
{
    /// <summary>Draws a red frame around a picture [3, H, W], in place.</summary>
    internal static void Frame(Tensor picture)
    {
        const int thickness = 2;
        using var scope = NewDisposeScope();
        long height = picture.shape[1], width = picture.shape[2];
        foreach (
            var edge in (Tensor[])[picture.narrow(1, 0, thickness), picture.narrow(1, height - thickness, thickness), picture.narrow(2, 0, thickness),
            picture.narrow(2, width - thickness, thickness)])
        {
            edge.Fill_(-1);
            edge[0].Fill_(1);
        }
    }

    /// <param name="rows">Each [N, 3, H, W] in [−1, 1], one row of the sheet.</param>
    /// <param name="zoom">Whole-number enlargement.</param>
    internal static void Write(string path, IReadOnlyList<Tensor> rows, int zoom = 1)
    {
        using var scope = NewDisposeScope();
        var height = (int)rows[0].shape[2];
        var width = (int)rows[0].shape[3];
        var columns = (int)rows.Max(r => r.shape[0]);
        var canvas = ones(3, rows.Count * height, columns * width);
        for (var r = 0; r < rows.Count; r++)
            for (var c = 0; c < rows[r].shape[0]; c++)
                canvas.narrow(1, r * height, height).narrow(2, c * width, width).copy_(rows[r][c].to(float32));
        var bytes = canvas.Clamp(-1, 1).Mul(127.5).Add(127.5).round().to(uint8).permute(1, 2, 0).contiguous().data<byte>().ToArray();
        using var image = Image.NewFromMemory(bytes, columns * width, rows.Count * height, 3, Enums.BandFormat.Uchar);
        using var large = image.Zoom(zoom, zoom);
        var temporary = path + ".part.png";
        large.WriteToFile(temporary);
        File.Move(temporary, path, overwrite: true);
    }
}
