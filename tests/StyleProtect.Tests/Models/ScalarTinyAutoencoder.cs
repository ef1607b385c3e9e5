namespace StyleProtect.Tests.Models;

/// <summary>
/// An autoencoder of the TAESD family in the original layout, computed with loops over doubles from the published description: the layers of its two files in
/// turn, pictures in [0, 1].
/// </summary>
/// <param name="weights">Shape and values by key.</param>
internal sealed class ScalarTinyAutoencoder(IReadOnlyDictionary<string, (long[] Shape, double[] Values)> weights)
{
    /// <summary>A stack of maps.</summary>
    internal sealed record Maps(int Channels, int Height, int Width, double[] Values);

    /// <summary>Runs the numbered layers. Numbers without weights are the decoder's: 0 bounds the latents, 2 is an activation, the others enlarge.</summary>
    internal Maps Run(Maps input)
    {
        var last = weights.Keys.Max(k => int.Parse(k.Split('.')[0]));
        var x = input;
        for (var n = 0; n <= last; n++)
        {
            // A convolution without bias is followed by none of its own size: in the encoder it halves.
            var halves = weights.ContainsKey("0.weight") && n > 0 && n < last;
            if (weights.ContainsKey($"{n}.conv.0.weight")) x = Block(x, n);
            else if (weights.ContainsKey($"{n}.weight")) x = Convolution(x, $"{n}", halves ? 2 : 1);
            else if (n == 0) x = Map(x, v => 3 * Math.Tanh(v / 3));
            else if (n == 2) x = Relu(x);
            else x = Enlarged(x);
        }

        return x;
    }

    private Maps Block(Maps input, int n)
    {
        var x = input;
        if (weights.ContainsKey($"{n}.pool.0.weight"))
        {
            var wide = Relu(Normalised(Convolution(x, $"{n}.pool.0"), $"{n}.pool.1"));
            x = Sum(x, Convolution(wide, $"{n}.pool.3"));
        }

        var h = Relu(Convolution(x, $"{n}.conv.0"));
        h = Relu(Convolution(h, $"{n}.conv.2"));
        return Relu(Sum(Convolution(h, $"{n}.conv.4"), x));
    }

    private Maps Convolution(Maps x, string name, int stride = 1)
    {
        var (shape, w) = weights[name + ".weight"];
        var bias = weights.TryGetValue(name + ".bias", out var b) ? b.Values : null;
        int outs = (int)shape[0], ins = (int)shape[1], k = (int)shape[2], pad = k / 2;
        int height = (x.Height + stride - 1) / stride, width = (x.Width + stride - 1) / stride;
        var y = new double[outs * height * width];
        for (var o = 0; o < outs; o++)
            for (var i = 0; i < height; i++)
                for (var j = 0; j < width; j++)
                {
                    var sum = bias?[o] ?? 0;
                    for (var c = 0; c < ins; c++)
                        for (var di = 0; di < k; di++)
                            for (var dj = 0; dj < k; dj++)
                            {
                                int row = (i * stride) + di - pad, column = (j * stride) + dj - pad;
                                if (row < 0 || row >= x.Height || column < 0 || column >= x.Width) continue;
                                sum += x.Values[(((c * x.Height) + row) * x.Width) + column] * w[(((((o * ins) + c) * k) + di) * k) + dj];
                            }

                    y[(((o * height) + i) * width) + j] = sum;
                }

        return new Maps(outs, height, width, y);
    }

    private Maps Normalised(Maps x, string name)
    {
        const int Groups = 4;
        double[] scale = weights[name + ".weight"].Values, bias = weights[name + ".bias"].Values;
        int places = x.Height * x.Width, size = x.Channels / Groups * places;
        var y = new double[x.Values.Length];
        for (var g = 0; g < Groups; g++)
        {
            var part = x.Values.AsSpan(g * size, size).ToArray();
            double mean = part.Average(), variance = part.Average(v => (v - mean) * (v - mean));
            for (var i = 0; i < size; i++)
            {
                var c = ((g * size) + i) / places;
                y[(g * size) + i] = ((part[i] - mean) / Math.Sqrt(variance + 1e-5) * scale[c]) + bias[c];
            }
        }

        return x with { Values = y };
    }

    private static Maps Enlarged(Maps x)
    {
        var y = new double[x.Values.Length * 4];
        for (var c = 0; c < x.Channels; c++)
            for (var i = 0; i < 2 * x.Height; i++)
                for (var j = 0; j < 2 * x.Width; j++)
                    y[(((c * 2 * x.Height) + i) * 2 * x.Width) + j] = x.Values[(((c * x.Height) + (i / 2)) * x.Width) + (j / 2)];
        return new Maps(x.Channels, 2 * x.Height, 2 * x.Width, y);
    }

    private static Maps Sum(Maps a, Maps b) => a with { Values = [.. a.Values.Zip(b.Values, (p, q) => p + q)] };

    private static Maps Relu(Maps x) => Map(x, v => Math.Max(0, v));

    private static Maps Map(Maps x, Func<double, double> f) => x with { Values = [.. x.Values.Select(f)] };
}
