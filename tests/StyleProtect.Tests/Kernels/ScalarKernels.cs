using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Kernels;

/// <summary>
/// The fused operations and their gradients once more, as their definitions say, value by value without libtorch. Sums are in fp64; a step of a picture is in
/// fp32, as it is defined.
/// </summary>
internal static class ScalarKernels
{
    internal sealed record Attention(Tensor Output, Tensor TokenMass, Tensor HeadNorm, Tensor Dq, Tensor Dk, Tensor Dv);

    internal sealed record Norm(Tensor Output, Tensor Dx, Tensor Dw, Tensor Db);

    /// <summary><see cref="IFusedKernels.PgdStep"/>, with the new picture and the new momentum as results.</summary>
    internal static (Tensor X, Tensor? Momentum) PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum = null,
        Tensor? mask = null)
    {
        float[] pixels = Floats(x), origin = Floats(x0), g = Floats(gradient), allowed = mask is null ? [] : Floats(mask.expand_as(x)), m = momentum is null
            ? [] : Floats(momentum);
        var images = x.dim() == 4 ? (int)x.shape[0] : 1;
        var size = images == 0 ? 0 : pixels.Length / images;
        for (var i = 0; i < g.Length; i++) g[i] = float.IsNaN(g[i]) ? 0 : Math.Clamp(g[i], float.MinValue, float.MaxValue);
        for (var image = 0; image < images; image++)
        {
            var (from, to) = (image * size, (image + 1) * size);
            if (momentum is not null)
            {
                var mean = Sum(from, to, i => Math.Abs((double)g[i])) / size;
                var share = mean > 0 ? (float)(1 / mean) : 0;
                for (var i = from; i < to; i++) g[i] = m[i] = (m[i] * options.MomentumDecay) + (g[i] * share);
            }

            var norm = Math.Sqrt(Sum(from, to, i => (double)g[i] * g[i]));
            var perNorm = norm > 0 ? (float)(options.StepSize / norm) : 0;
            for (var i = from; i < to; i++)
            {
                var move = options.Direction switch
                {
                    PgdDirection.Sign => Math.Sign(g[i]) * options.StepSize,
                    PgdDirection.Raw => g[i] * options.StepSize,
                    _ => g[i] * perNorm,
                };
                var epsilon = mask is null ? options.Epsilon : Math.Max(allowed[i], 0) * options.Epsilon;
                if (float.IsNaN(epsilon)) epsilon = 0; // nothing of an unlimited budget
                var moved = Math.Clamp(origin[i] + Math.Clamp(pixels[i] + move - origin[i], -epsilon, epsilon), options.Minimum, options.Maximum);
                pixels[i] = options.RoundTo8Bit ? Rounded(moved, origin[i], epsilon, options) : moved;
            }
        }

        return (tensor(pixels, x.shape), momentum is null ? null : tensor(m, x.shape));
    }

    /// <summary><see cref="IFusedKernels.ProjectL2"/>, with the new picture as result.</summary>
    internal static Tensor ProjectL2(Tensor x, Tensor x0, float radius)
    {
        float[] pixels = Floats(x), origin = Floats(x0);
        var images = x.dim() == 4 ? (int)x.shape[0] : 1;
        var size = images == 0 ? 0 : pixels.Length / images;
        for (var image = 0; image < images; image++)
        {
            var (from, to) = (image * size, (image + 1) * size);
            var norm = Math.Sqrt(Sum(from, to, i => Math.Pow((double)pixels[i] - origin[i], 2)));
            for (var i = from; i < to && norm > radius; i++) pixels[i] = (float)(origin[i] + ((pixels[i] - (double)origin[i]) * (radius / norm)));
        }

        return tensor(pixels, x.shape);
    }

    /// <summary><see cref="IFusedKernels.CrossAttention"/> and the gradients of Σ output·cotangent.</summary>
    internal static Attention CrossAttention(Tensor query, Tensor key, Tensor value, double scale, Tensor? cotangent = null)
    {
        double[] q = Doubles(query), k = Doubles(key), v = Doubles(value), given = cotangent is null ? new double[q.Length] : Doubles(cotangent);
        double[] output = new double[q.Length], dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
        int batch = (int)query.shape[0], heads = (int)query.shape[1], queries = (int)query.shape[2], keys = (int)key.shape[2], d = (int)query.shape[3];
        double[] mass = new double[batch * keys], norms = new double[batch * heads], p = new double[keys], dp = new double[keys];
        for (var head = 0; head < batch * heads; head++)
        {
            for (var row = 0; row < queries; row++)
            {
                var at = ((head * queries) + row) * d;
                for (var j = 0; j < keys; j++) p[j] = scale * Sum(0, d, c => q[at + c] * k[Key(j) + c]);
                var largest = p.Aggregate(double.NegativeInfinity, Math.Max);
                for (var j = 0; j < keys; j++) p[j] = Math.Exp(p[j] - largest);
                var total = p.Sum();
                for (var j = 0; j < keys; j++)
                {
                    p[j] /= total;
                    mass[(head / heads * keys) + j] += p[j] / (heads * queries);
                    dp[j] = Sum(0, d, c => given[at + c] * v[Key(j) + c]);
                }

                var mean = Sum(0, keys, j => p[j] * dp[j]);
                for (var j = 0; j < keys; j++)
                {
                    var ds = scale * p[j] * (dp[j] - mean);
                    for (var c = 0; c < d; c++)
                    {
                        output[at + c] += p[j] * v[Key(j) + c];
                        dv[Key(j) + c] += p[j] * given[at + c];
                        dq[at + c] += ds * k[Key(j) + c];
                        dk[Key(j) + c] += ds * q[at + c];
                    }
                }

                norms[head] += Sum(at, at + d, i => output[i] * output[i]);
            }

            norms[head] = Math.Sqrt(norms[head]);

            int Key(int j) => ((head * keys) + j) * d;
        }

        return new(
            tensor(output, query.shape), tensor(mass, [batch, keys]), tensor(norms, [batch, heads]), tensor(dq, query.shape), tensor(dk, key.shape),
            tensor(dv, value.shape));
    }

    /// <summary><see cref="IFusedKernels.GroupNorm"/> and the gradients of Σ output·cotangent.</summary>
    internal static Norm GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu, Tensor cotangent)
    {
        double[] x = Doubles(input), w = Doubles(weight), b = Doubles(bias), given = Doubles(cotangent);
        double[] y = new double[x.Length], dx = new double[x.Length], dw = new double[w.Length], db = new double[b.Length];
        int channels = w.Length, positions = x.Length == 0 ? 0 : x.Length / channels / (int)input.shape[0], size = channels / groups * positions;
        for (var from = 0; from < x.Length; from += size)
        {
            var to = from + size;
            var mean = Sum(from, to, i => x[i]) / size;
            var inverse = 1 / Math.Sqrt((Sum(from, to, i => (x[i] - mean) * (x[i] - mean)) / size) + eps);
            double sum = 0, product = 0;
            for (var i = from; i < to; i++)
            {
                var channel = i / positions % channels;
                var normalised = (x[i] - mean) * inverse;
                var u = (normalised * w[channel]) + b[channel];
                var gate = 1 / (1 + Math.Exp(-u));
                y[i] = silu ? u * gate : u;
                var du = silu ? given[i] * gate * (1 + (u * (1 - gate))) : given[i];
                dw[channel] += du * normalised;
                db[channel] += du;
                dx[i] = du * w[channel];
                sum += dx[i];
                product += dx[i] * normalised;
            }

            for (var i = from; i < to; i++) dx[i] = inverse * (dx[i] - (sum / size) - ((x[i] - mean) * inverse * product / size));
        }

        return new(tensor(y, input.shape), tensor(dx, input.shape), tensor(dw, weight.shape), tensor(db, bias.shape));
    }

    /// <summary>The level of 256 nearest to a value among those within the budget; the one nearest to the origin where there is none.</summary>
    private static float Rounded(float moved, float origin, float epsilon, PgdStepOptions options)
    {
        var grid = GridRounding.Of(options);
        var at = (origin - grid.Minimum) * grid.PerUnit;
        var reach = (epsilon * grid.PerUnit) + GridRounding.Slack;
        float lower = MathF.Ceiling(at - reach), upper = MathF.Floor(at + reach);
        var level = lower <= upper ? Math.Clamp(MathF.Round((moved - grid.Minimum) * grid.PerUnit), lower, upper) : MathF.Round(at);
        return (Math.Clamp(level, 0, 255) * grid.Step) + grid.Minimum;
    }

    private static double Sum(int from, int to, Func<int, double> term)
    {
        var sum = 0.0;
        for (var i = from; i < to; i++) sum += term(i);
        return sum;
    }

    private static float[] Floats(Tensor t) => t.numel() == 0 ? [] : t.detach().to(float32).contiguous().data<float>().ToArray();

    private static double[] Doubles(Tensor t) => t.numel() == 0 ? [] : t.detach().to(float64).contiguous().data<double>().ToArray();
}
