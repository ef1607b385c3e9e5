using System.Numerics.Tensors;

namespace StyleProtect.Attacks.Purification;

/// <summary>Mean over a square window by running sums in float64; the border is mirrored with its last pixel.</summary>
internal static class BoxMean
{
    internal static float[] Of(ReadOnlySpan<float> plane, int width, int height, int radius)
    {
        var result = new float[plane.Length];
        var (sums, wide) = (new double[width], new double[width]);
        var scale = 1.0 / (((2.0 * radius) + 1) * ((2.0 * radius) + 1));
        for (var y = -radius; y <= radius; y++) TensorPrimitives.Add<double>(sums, Widened(plane, y, width, height, wide), sums);
        for (var y = 0; y < height; y++)
        {
            if (y > 0)
            {
                TensorPrimitives.Add<double>(sums, Widened(plane, y + radius, width, height, wide), sums);
                TensorPrimitives.Subtract<double>(sums, Widened(plane, y - radius - 1, width, height, wide), sums);
            }

            var sum = 0.0;
            for (var x = -radius; x <= radius; x++) sum += sums[Inside(x, width)];
            var row = result.AsSpan(y * width, width);
            for (var x = 0; ; x++)
            {
                row[x] = (float)(sum * scale);
                if (x == width - 1) break;
                sum += sums[Inside(x + radius + 1, width)] - sums[Inside(x - radius, width)];
            }
        }

        return result;
    }

    private static double[] Widened(ReadOnlySpan<float> plane, int y, int width, int height, double[] wide)
    {
        TensorPrimitives.ConvertTruncating(plane.Slice(Inside(y, height) * width, width), wide);
        return wide;
    }

    private static int Inside(int i, int length)
    {
        if ((uint)i < (uint)length) return i;
        i = ((i % (2 * length)) + (2 * length)) % (2 * length);
        return Math.Min(i, (2 * length) - 1 - i);
    }
}
