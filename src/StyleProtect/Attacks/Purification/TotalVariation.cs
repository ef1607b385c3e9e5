using System.Numerics.Tensors;
using StyleProtect.Artworks;

namespace StyleProtect.Attacks.Purification;

/// <summary>
/// Total variation denoising by Chambolle's projection (2004), each channel by itself, with the step, the stopping rule and the defaults of
/// scikit-image's <c>denoise_tv_chambolle</c>.
/// </summary>
internal static class TotalVariation
{
    private const float Step = 0.25f;
    private const double Tolerance = 2e-4;
    private const int MostIterations = 200;

    /// <param name="weight">How much smoothness counts, for samples from 0 to 1; scikit-image's default is 0.1.</param>
    internal static Artwork Denoise(Artwork artwork, double weight)
    {
        var planar = artwork.ToPlanarRgb();
        TensorPrimitives.Divide(planar, 255f, planar);
        var plane = artwork.Width * artwork.Height;
        Parallel.For(0, 3, c => Plane(planar.AsSpan(c * plane, plane), artwork.Width, artwork.Height, (float)weight).CopyTo(planar.AsSpan(c * plane, plane)));
        TensorPrimitives.Multiply(planar, 255f, planar);
        return artwork.WithPlanarRgb(planar);
    }

    /// <summary>Denoises one plane of samples from 0 to 1.</summary>
    internal static float[] Plane(ReadOnlySpan<float> image, int width, int height, float weight)
    {
        var (along, down) = (new float[image.Length], new float[image.Length]);
        var result = image.ToArray();
        var (gradientX, gradientY, norm) = (new float[width], new float[width], new float[width]);
        double first = 0, previous = 0;
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            var energy = iteration == 0 ? 0 : Divergence(image, along, down, result, width, height);
            for (var y = 0; y < height; y++)
            {
                var row = result.AsSpan(y * width, width);
                TensorPrimitives.Subtract(row[1..], row[..^1], gradientX);
                if (y + 1 < height) TensorPrimitives.Subtract(result.AsSpan((y + 1) * width, width), row, gradientY);
                else Array.Clear(gradientY);
                TensorPrimitives.Multiply<float>(gradientX, gradientX, norm);
                TensorPrimitives.MultiplyAdd<float>(gradientY, gradientY, norm, norm);
                TensorPrimitives.Sqrt<float>(norm, norm);
                energy += weight * (double)TensorPrimitives.Sum<float>(norm);
                TensorPrimitives.Multiply(norm, Step / weight, norm);
                TensorPrimitives.Add(norm, 1f, norm);
                Project(along.AsSpan(y * width, width), gradientX, norm);
                Project(down.AsSpan(y * width, width), gradientY, norm);
            }

            energy /= image.Length;
            if (iteration == 0) first = energy;
            else if (Math.Abs(previous - energy) < Tolerance * first) break;
            previous = energy;
        }

        return result;
    }

    /// <summary>result = image − div p; returns Σ (div p)².</summary>
    private static double Divergence(ReadOnlySpan<float> image, float[] along, float[] down, float[] result, int width, int height)
    {
        var squares = 0.0;
        for (var y = 0; y < height; y++)
        {
            var row = result.AsSpan(y * width, width);
            var x = along.AsSpan(y * width, width);
            TensorPrimitives.Add<float>(x, down.AsSpan(y * width, width), row);
            TensorPrimitives.Negate<float>(row, row);
            TensorPrimitives.Add<float>(row[1..], x[..^1], row[1..]);
            if (y > 0) TensorPrimitives.Add<float>(row, down.AsSpan((y - 1) * width, width), row);
            squares += TensorPrimitives.SumOfSquares<float>(row);
            TensorPrimitives.Add(row, image.Slice(y * width, width), row);
        }

        return squares;
    }

    private static void Project(Span<float> p, float[] gradient, float[] norm)
    {
        TensorPrimitives.Multiply(gradient, -Step, gradient);
        TensorPrimitives.Add<float>(p, gradient, p);
        TensorPrimitives.Divide<float>(p, norm, p);
    }
}
