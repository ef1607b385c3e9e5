using StyleProtect.Attacks.Purification;
using Xunit;

namespace StyleProtect.Tests.Purification;

/// <summary>The fast filters against their definitions, written out pixel by pixel in float64.</summary>
public sealed class FilterTests
{
    private const int Width = 23, Height = 17;
    private static readonly float[] s_picture = Picture();

    [Theory]
    [InlineData(5, 8, 8)]
    [InlineData(7, 40, 2)]
    [InlineData(3, 200, 0.8)]
    public void Bilateral_filter_is_its_definition(int diameter, double colour, double space)
    {
        var actual = new BilateralFilter(Width, Height, diameter, colour, space).Apply(s_picture, 2);
        AssertClose(Bilateral(Bilateral([.. s_picture.Select(v => (double)v)], diameter / 2, colour, space), diameter / 2, colour, space), actual, 2e-3);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(4, 400)]
    [InlineData(20, 1)]
    public void Guided_filter_is_its_definition(int radius, double epsilon)
    {
        var source = s_picture.Reverse().ToArray();
        var actual = new GuidedFilter(s_picture, Width, Height, radius, epsilon).Apply(source);
        AssertClose(Guided(s_picture, source, radius, epsilon), actual, 0.02);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void Total_variation_is_scikit_images_iteration(double weight)
    {
        double[] image = [.. s_picture[..(Width * Height)].Select(v => v / 255.0)];
        AssertClose(ScikitImage(image, weight), TotalVariation.Plane([.. image.Select(v => (float)v)], Width, Height, (float)weight), 1e-3);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void Total_variation_lowers_its_objective_close_to_the_minimum(double weight)
    {
        var image = s_picture[..(Width * Height)].Select(v => v / 255).ToArray();
        var denoised = TotalVariation.Plane(image, Width, Height, (float)weight);
        var reached = Objective(denoised, image, weight);
        Assert.True(reached < Objective(image, image, weight));
        // Convex: no direction leads far below. A long run of the same iteration in float64 gives the bound from below.
        var (primal, dual) = Chambolle(image, weight, 20_000);
        Assert.True(primal - dual < 0.003 * primal, $"the reference has not converged: {primal} and {dual}");
        Assert.InRange(reached, dual, primal * 1.15); // the stopping rule is scikit-image's, and loose
        Assert.Equal(image.Average(), denoised.Average(), 1e-4);
    }

    [Fact]
    public void Adverse_cleaner_is_64_bilateral_and_4_guided_filters()
    {
        var picture = Planar.ToArtwork(s_picture, Width, Height);
        double[] original = [.. picture.ToPlanarRgb().Select(v => (double)v)];
        var expected = original;
        for (var i = 0; i < 64; i++) expected = Bilateral(expected, 2, 8, 8);
        for (var i = 0; i < 4; i++) expected = Guided([.. original.Select(v => (float)v)], [.. expected.Select(v => (float)v)], 4, 16);
        AssertClose([.. expected.Select(v => Math.Clamp(v, 0, 255))], Purifiers.Parse("adverse-cleaner").Purify(picture).ToPlanarRgb(), 0.6);
    }

    private static double[] Bilateral(double[] p, int radius, double colour, double space)
    {
        const int plane = Width * Height;
        var result = new double[p.Length];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                double sum = 0;
                var channels = new double[3];
                for (var dy = -radius; dy <= radius; dy++)
                {
                    for (var dx = -radius; dx <= radius; dx++)
                    {
                        if (Math.Sqrt((dx * dx) + (dy * dy)) > radius) continue;
                        var (at, other) = ((y * Width) + x, (Mirror101(y + dy, Height) * Width) + Mirror101(x + dx, Width));
                        var distance = Enumerable.Range(0, 3).Sum(c => Math.Abs(p[(c * plane) + at] - p[(c * plane) + other]));
                        var weight = Math.Exp(-0.5 * distance * distance / (colour * colour)) * Math.Exp(-0.5 * ((dx * dx) + (dy * dy)) / (space * space));
                        sum += weight;
                        for (var c = 0; c < 3; c++) channels[c] += weight * p[(c * plane) + other];
                    }
                }

                for (var c = 0; c < 3; c++) result[(c * plane) + (y * Width) + x] = channels[c] / sum;
            }
        }

        return result;
    }

    private static double[] Guided(float[] guide, float[] source, int radius, double epsilon)
    {
        const int plane = Width * Height;
        double[] Mean(Func<int, double> value)
        {
            var mean = new double[plane];
            for (var y = 0; y < Height; y++)
                for (var x = 0; x < Width; x++)
                {
                    double sum = 0;
                    for (var dy = -radius; dy <= radius; dy++)
                        for (var dx = -radius; dx <= radius; dx++) sum += value((Mirror(y + dy, Height) * Width) + Mirror(x + dx, Width));
                    mean[(y * Width) + x] = sum / (((2 * radius) + 1) * ((2 * radius) + 1));
                }
            return mean;
        }

        double I(int c, int i) => guide[(c * plane) + i];
        double[][] means = [.. Enumerable.Range(0, 3).Select(c => Mean(i => I(c, i)))];
        double[][][] squares = [.. Enumerable.Range(0, 3).Select(a => Enumerable.Range(0, 3).Select(b => Mean(i => I(a, i) * I(b, i))).ToArray())];
        var result = new double[3 * plane];
        for (var channel = 0; channel < 3; channel++)
        {
            double P(int i) => source[(channel * plane) + i];
            var mean = Mean(P);
            double[][] cross = [.. Enumerable.Range(0, 3).Select(c => Mean(i => I(c, i) * P(i)))];
            var slopes = new double[3][].Select(_ => new double[plane]).ToArray();
            var offset = new double[plane];
            for (var i = 0; i < plane; i++)
            {
                var matrix = new double[3, 4];
                for (var a = 0; a < 3; a++)
                {
                    for (var b = 0; b < 3; b++) matrix[a, b] = squares[a][b][i] - (means[a][i] * means[b][i]) + (a == b ? epsilon : 0);
                    matrix[a, 3] = cross[a][i] - (means[a][i] * mean[i]);
                }

                var solution = Solve(matrix);
                for (var c = 0; c < 3; c++) slopes[c][i] = solution[c];
                offset[i] = mean[i] - Enumerable.Range(0, 3).Sum(c => solution[c] * means[c][i]);
            }

            var meanOffset = Mean(i => offset[i]);
            double[][] meanSlopes = [.. slopes.Select(s => Mean(i => s[i]))];
            for (var i = 0; i < plane; i++) result[(channel * plane) + i] = meanOffset[i] + Enumerable.Range(0, 3).Sum(c => meanSlopes[c][i] * I(c, i));
        }

        return result;
    }

    /// <summary>Gauss's elimination with pivots.</summary>
    private static double[] Solve(double[,] m)
    {
        for (var column = 0; column < 3; column++)
        {
            var pivot = Enumerable.Range(column, 3 - column).MaxBy(r => Math.Abs(m[r, column]));
            for (var k = 0; k < 4; k++) (m[column, k], m[pivot, k]) = (m[pivot, k], m[column, k]);
            for (var row = 0; row < 3; row++)
            {
                if (row == column) continue;
                var factor = m[row, column] / m[column, column];
                for (var k = 0; k < 4; k++) m[row, k] -= factor * m[column, k];
            }
        }

        return [m[0, 3] / m[0, 0], m[1, 3] / m[1, 1], m[2, 3] / m[2, 2]];
    }

    /// <summary>denoise_tv_chambolle of scikit-image, index by index.</summary>
    private static double[] ScikitImage(double[] image, double weight)
    {
        double[,] p = new double[2, image.Length], g = new double[2, image.Length];
        var result = image;
        double first = 0, previous = 0;
        for (var n = 0; n < 200; n++)
        {
            var d = new double[image.Length];
            if (n > 0)
            {
                for (var i = 0; i < image.Length; i++)
                    d[i] = -p[0, i] - p[1, i] + (i >= Width ? p[0, i - Width] : 0) + (i % Width > 0 ? p[1, i - 1] : 0);
                result = [.. image.Zip(d, (a, b) => a + b)];
            }

            var energy = d.Sum(v => v * v);
            for (var i = 0; i < image.Length; i++)
            {
                g[0, i] = i + Width < image.Length ? result[i + Width] - result[i] : 0;
                g[1, i] = (i + 1) % Width > 0 ? result[i + 1] - result[i] : 0;
                var norm = Math.Sqrt((g[0, i] * g[0, i]) + (g[1, i] * g[1, i]));
                energy += weight * norm;
                for (var axis = 0; axis < 2; axis++) p[axis, i] = (p[axis, i] - (0.25 * g[axis, i])) / (1 + (norm * 0.25 / weight));
            }

            energy /= image.Length;
            if (n == 0) first = energy;
            else if (Math.Abs(previous - energy) < 2e-4 * first) break;
            previous = energy;
        }

        return result;
    }

    /// <summary>½·|u − image|² + weight·TV(u).</summary>
    private static double Objective(float[] u, float[] image, double weight)
    {
        double sum = 0;
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var i = (y * Width) + x;
                double gx = x + 1 < Width ? u[i + 1] - u[i] : 0, gy = y + 1 < Height ? u[i + Width] - u[i] : 0;
                sum += (0.5 * (u[i] - image[i]) * (u[i] - image[i])) + (weight * Math.Sqrt((gx * gx) + (gy * gy)));
            }
        return sum;
    }

    /// <summary>Projected gradient on the dual problem: the objective of its solution, and the dual value, which no solution can go below.</summary>
    private static (double Primal, double Dual) Chambolle(float[] image, double weight, int iterations)
    {
        var (px, py, u) = (new double[image.Length], new double[image.Length], new double[image.Length]);
        for (var n = 0; ; n++)
        {
            for (var i = 0; i < u.Length; i++)
            {
                var (x, y) = (i % Width, i / Width);
                var divergence = (x + 1 < Width ? px[i] : 0) - (x > 0 ? px[i - 1] : 0) + (y + 1 < Height ? py[i] : 0) - (y > 0 ? py[i - Width] : 0);
                u[i] = image[i] + (weight * divergence);
            }

            if (n == iterations) break;
            for (var i = 0; i < u.Length; i++)
            {
                var (x, y) = (i % Width, i / Width);
                var (gx, gy) = (x + 1 < Width ? u[i + 1] - u[i] : 0, y + 1 < Height ? u[i + Width] - u[i] : 0);
                (px[i], py[i]) = (px[i] + (gx / (8 * weight)), py[i] + (gy / (8 * weight)));
                var length = Math.Max(1, Math.Sqrt((px[i] * px[i]) + (py[i] * py[i])));
                (px[i], py[i]) = (px[i] / length, py[i] / length);
            }
        }

        return (Objective([.. u.Select(v => (float)v)], image, weight), 0.5 * (image.Sum(v => (double)v * v) - u.Sum(v => v * v)));
    }

    private static int Mirror(int i, int length)
    {
        while (i < 0 || i >= length) i = i < 0 ? -1 - i : (2 * length) - 1 - i;
        return i;
    }

    private static int Mirror101(int i, int length)
    {
        while (i < 0 || i >= length) i = i < 0 ? -i : (2 * length) - 2 - i;
        return i;
    }

    private static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(largest <= tolerance, $"largest difference {largest:g4}, allowed {tolerance:g4}");
    }

    private static float[] Picture()
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, 3 * Width * Height).Select(i => (float)Math.Clamp(128 + (90 * Math.Sin(i / 7.0)) + random.Next(-25, 26), 0, 255))];
    }
}
