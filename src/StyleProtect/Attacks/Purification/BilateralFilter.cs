using System.Numerics;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Bilateral filter of colour pictures (Tomasi and Manduchi 1998) as OpenCV defines it: a round window, colours compared by the sum of their channels'
/// differences, the border mirrored without its last pixel.
/// </summary>
internal sealed class BilateralFilter
{
    private readonly int _width;
    private readonly int _height;
    private readonly int _radius;
    private readonly int _stride;
    private readonly float _colour;
    private readonly (int Offset, float Exponent)[] _window;

    /// <param name="width">Width of the pictures.</param>
    /// <param name="height">Height of the pictures.</param>
    /// <param name="diameter">Of the window, odd, in pixels.</param>
    /// <param name="sigmaColour">In 8-bit steps.</param>
    /// <param name="sigmaSpace">In pixels.</param>
    internal BilateralFilter(int width, int height, int diameter, double sigmaColour, double sigmaSpace)
    {
        (_width, _height, _radius) = (width, height, diameter / 2);
        _stride = width + (2 * _radius) + Vector<float>.Count; // a whole vector may be read and written beyond a row's end
        _colour = (float)(-0.5 / (sigmaColour * sigmaColour));
        _window =
        [
            .. from y in Enumerable.Range(-_radius, (2 * _radius) + 1)
               from x in Enumerable.Range(-_radius, (2 * _radius) + 1)
               where (x * x) + (y * y) <= _radius * _radius
               select ((y * _stride) + x, (float)(-0.5 * ((x * x) + (y * y)) / (sigmaSpace * sigmaSpace))),
        ];
    }

    /// <summary>Filters three planes several times.</summary>
    internal float[] Apply(ReadOnlySpan<float> planar, int times)
    {
        var plane = _width * _height;
        float[][] from = [Padded(planar[..plane]), Padded(planar.Slice(plane, plane)), Padded(planar[(2 * plane)..])];
        float[][] to = [new float[from[0].Length], new float[from[0].Length], new float[from[0].Length]];
        for (var i = 0; i < times; i++)
        {
            foreach (var padded in from) Mirror(padded);
            Parallel.For(0, _height, y => Row(from, to, (y + _radius) * _stride + _radius));
            (from, to) = (to, from);
        }

        var result = new float[planar.Length];
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < _height; y++) from[c].AsSpan(((y + _radius) * _stride) + _radius, _width).CopyTo(result.AsSpan((c * plane) + (y * _width)));
        return result;
    }

    private void Row(float[][] from, float[][] to, int start)
    {
        ReadOnlySpan<float> red = from[0], green = from[1], blue = from[2];
        for (var at = start; at < start + _width; at += Vector<float>.Count)
        {
            Vector<float> r = new(red[at..]), g = new(green[at..]), b = new(blue[at..]);
            Vector<float> sum = default, sumR = default, sumG = default, sumB = default;
            foreach (var (offset, exponent) in _window)
            {
                var other = at + offset;
                Vector<float> nr = new(red[other..]), ng = new(green[other..]), nb = new(blue[other..]);
                var distance = Vector.Abs(nr - r) + Vector.Abs(ng - g) + Vector.Abs(nb - b);
                var weight = Vector.Exp((distance * distance * _colour) + new Vector<float>(exponent));
                sum += weight;
                sumR += weight * nr;
                sumG += weight * ng;
                sumB += weight * nb;
            }

            (sumR / sum).CopyTo(to[0], at);
            (sumG / sum).CopyTo(to[1], at);
            (sumB / sum).CopyTo(to[2], at);
        }
    }

    private float[] Padded(ReadOnlySpan<float> plane)
    {
        var padded = new float[_stride * (_height + (2 * _radius))];
        for (var y = 0; y < _height; y++) plane.Slice(y * _width, _width).CopyTo(padded.AsSpan(((y + _radius) * _stride) + _radius));
        return padded;
    }

    /// <summary>Fills the margin: c b | a b c | b a.</summary>
    private void Mirror(float[] padded)
    {
        for (var y = 0; y < _height; y++)
        {
            var row = padded.AsSpan((y + _radius) * _stride, _stride);
            for (var x = 1; x <= _radius; x++)
            {
                row[_radius - x] = row[_radius + Inside(-x, _width)];
                row[_radius + _width - 1 + x] = row[_radius + Inside(_width - 1 + x, _width)];
            }
        }

        for (var y = 1; y <= _radius; y++)
        {
            CopyRow(padded, Inside(-y, _height), -y);
            CopyRow(padded, Inside(_height - 1 + y, _height), _height - 1 + y);
        }
    }

    private void CopyRow(float[] padded, int from, int to) =>
        padded.AsSpan((from + _radius) * _stride, _stride).CopyTo(padded.AsSpan((to + _radius) * _stride));

    private static int Inside(int i, int length)
    {
        if (length == 1) return 0;
        var period = 2 * (length - 1);
        i = ((i % period) + period) % period;
        return Math.Min(i, period - i);
    }
}
