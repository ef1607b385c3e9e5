namespace StyleProtect.Metrics;

/// <summary>
/// Structural similarity as scikit-image computes it: in every window S = (2·μa·μb + C1)(2·σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2)) with C1 = (0.01·L)²,
/// C2 = (0.03·L)², L the data range; the mean over all windows that lie wholly inside the picture, then the mean over the channels. Float64 throughout.
/// </summary>
public static class StructuralSimilarity
{
    /// <summary>SSIM of two pictures.</summary>
    /// <param name="a">[C, height, width], planar; any number of channels, 0 to dataRange.</param>
    /// <param name="b">The other picture, same shape.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="window">The window; null: <see cref="SsimWindow.Default"/>.</param>
    /// <param name="dataRange">The range of the samples; 255 by default.</param>
    /// <returns>From −1 to 1; 1 when equal.</returns>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of width × height, or the window is larger than the picture.</exception>
    public static double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height, SsimWindow? window = null, double dataRange = 255)
    {
        window ??= SsimWindow.Default;
        var channels = Check(a.Length, b.Length, width, height, window);
        var plane = width * height;
        var moments = SsimMoments.Create(window, width);
        var sum = 0.0;
        for (var c = 0; c < channels; c++)
            sum += Plane(moments, a.Slice(c * plane, plane), b.Slice(c * plane, plane), width, height, window, dataRange, default).Similarity;
        return sum / channels;
    }

    /// <summary>The local SSIM at every pixel, the picture being mirrored at its borders (scikit-image's <c>full=True</c>).</summary>
    /// <param name="a">[C, height, width], planar, 0 to dataRange.</param>
    /// <param name="b">The other picture, same shape.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="window">The window; null: <see cref="SsimWindow.Default"/>.</param>
    /// <param name="dataRange">The range of the samples; 255 by default.</param>
    /// <returns>[C, height, width].</returns>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of width × height, or the window is larger than the picture.</exception>
    public static float[] Map(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height, SsimWindow? window = null, double dataRange = 255)
    {
        window ??= SsimWindow.Default;
        var channels = Check(a.Length, b.Length, width, height, window);
        var (plane, margin) = (width * height, window.Size / 2);
        var (paddedWidth, paddedHeight) = (width + (2 * margin), height + (2 * margin));
        var moments = SsimMoments.Create(window, paddedWidth);
        var map = new float[a.Length];
        for (var c = 0; c < channels; c++)
        {
            var (pa, pb) = (Mirror(a.Slice(c * plane, plane), width, height, margin), Mirror(b.Slice(c * plane, plane), width, height, margin));
            Plane(moments, pa, pb, paddedWidth, paddedHeight, window, dataRange, map.AsSpan(c * plane, plane));
        }
        return map;
    }

    /// <summary>Mean similarity of a plane's windows, and mean of its contrast and structure term alone.</summary>
    internal static (double Similarity, double Contrast) Plane(
        SsimMoments moments, ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height, SsimWindow window, double dataRange, Span<float> map)
    {
        var (rows, columns) = (height - window.Size + 1, width - window.Size + 1);
        var (c1, c2) = (Math.Pow(0.01 * dataRange, 2), Math.Pow(0.03 * dataRange, 2));
        var n = (double)window.Size * window.Size;
        var toSample = window.Sigma is null ? n / (n - 1) : 1;
        moments.Reset();
        var (sum, contrast) = (0.0, 0.0);
        for (var y = 0; y < height; y++)
        {
            if (!moments.Push(a.Slice(y * width, width), b.Slice(y * width, width))) continue;
            var ma = moments.A;
            var mb = moments.B;
            var maa = moments.AA;
            var mbb = moments.BB;
            var mab = moments.AB;
            var (row, rowContrast) = (0.0, 0.0);
            for (var x = 0; x < columns; x++)
            {
                var (ua, ub) = (ma[x], mb[x]);
                var va = toSample * (maa[x] - (ua * ua));
                var vb = toSample * (mbb[x] - (ub * ub));
                var vab = toSample * (mab[x] - (ua * ub));
                var s = ((2 * ua * ub) + c1) * ((2 * vab) + c2) / (((ua * ua) + (ub * ub) + c1) * (va + vb + c2));
                row += s;
                rowContrast += ((2 * vab) + c2) / (va + vb + c2);
                if (!map.IsEmpty) map[((y - window.Size + 1) * columns) + x] = (float)s;
            }
            sum += row;
            contrast += rowContrast;
        }
        var windows = (double)rows * columns;
        return (sum / windows, contrast / windows);
    }

    /// <summary>Repeats the border inwards out: d c b a | a b c d | d c b a.</summary>
    private static float[] Mirror(ReadOnlySpan<float> plane, int width, int height, int margin)
    {
        var padded = new float[(width + (2 * margin)) * (height + (2 * margin))];
        var to = 0;
        for (var y = -margin; y < height + margin; y++)
        {
            var row = plane.Slice(Inside(y, height) * width, width);
            for (var x = -margin; x < width + margin; x++) padded[to++] = row[Inside(x, width)];
        }
        return padded;
    }

    private static int Inside(int i, int length) => i < 0 ? -1 - i : i >= length ? (2 * length) - 1 - i : i;

    internal static int Check(int a, int b, int width, int height, SsimWindow window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (a != b) throw new ArgumentException($"The pictures have different sizes: {a} and {b} samples.", nameof(b));
        if (a == 0 || a % ((long)width * height) != 0)
            throw new ArgumentException($"{a} samples are not whole channels of {width} × {height} pixels.", nameof(a));
        if (window.Size > Math.Min(width, height))
            throw new ArgumentException(
                $"An SSIM window of {window.Size} × {window.Size} does not fit into {width} × {height} pixels; take a smaller one.", nameof(window));
        return (int)(a / ((long)width * height));
    }
}
