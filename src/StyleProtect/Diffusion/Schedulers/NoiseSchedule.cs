using StyleProtect.Kernels;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The tables of the forward (noising) process, and the process itself. Immutable.</summary>
internal sealed class NoiseSchedule
{
    private readonly float[] _betas;
    private readonly float[] _alphasCumprod;

    /// <summary>Computes the tables.</summary>
    /// <param name="config">The scheduler's settings.</param>
    /// <param name="keepLastSignal">
    /// With zero terminal signal-to-noise ratio: keep ᾱ of the last timestep at 2⁻²⁴ instead of 0, for solvers that divide by it.
    /// </param>
    internal NoiseSchedule(SchedulerConfig config, bool keepLastSignal = false)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.ValidateTables();
        Config = config;
        TorchRuntime.EnsureLoaded();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var betas = Betas(config);
        if (config.RescaleBetasZeroSnr) betas = RescaleToZeroTerminalSnr(betas);
        _betas = betas.data<float>().ToArray();
        _alphasCumprod = betas.Rsub(1).cumprod(0).data<float>().ToArray();
        if (config.RescaleBetasZeroSnr && keepLastSignal) _alphasCumprod[^1] = MathF.Pow(2, -24);
    }

    internal SchedulerConfig Config { get; }

    /// <summary>β by timestep.</summary>
    internal IReadOnlyList<float> BetaTable => _betas;

    /// <summary>ᾱ by timestep: the share of the signal's variance that is left.</summary>
    internal IReadOnlyList<float> AlphasCumprod => _alphasCumprod;

    /// <summary>Adds noise: √ᾱ·latents + √(1−ᾱ)·noise, computed in fp32, returned in the latents' type. Differentiable.</summary>
    /// <param name="latents">[N, …].</param>
    /// <param name="noise">The same shape.</param>
    /// <param name="timesteps">int64 [N] (or [1], for all), 0 to num_train_timesteps − 1, on any device.</param>
    internal Tensor AddNoise(Tensor latents, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var (signal, sigma) = Factors(latents, noise, timesteps);
        return (signal * Wide(latents)).Add(sigma * Wide(noise)).to(latents.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The target of a v-prediction model: √ᾱ·noise − √(1−ᾱ)·latents. Arguments as in <see cref="AddNoise"/>.</summary>
    internal Tensor GetVelocity(Tensor latents, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var (signal, sigma) = Factors(latents, noise, timesteps);
        return (signal * Wide(noise) - sigma * Wide(latents)).to(latents.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>What a model of this prediction type should predict. Arguments as in <see cref="AddNoise"/>.</summary>
    /// <returns>For ε-prediction the noise itself and for sample prediction the latents themselves (the same tensor, not a copy).</returns>
    internal Tensor Target(Tensor latents, Tensor noise, Tensor timesteps) => Config.PredictionType switch
    {
        PredictionType.Epsilon => noise,
        PredictionType.Velocity => GetVelocity(latents, noise, timesteps),
        PredictionType.Sample => latents,
        var other => throw new InvalidOperationException($"Unknown prediction type {other}."),
    };

    /// <summary>The noise that a model's output stands for, whatever its prediction type; differentiable.</summary>
    /// <param name="output">What the model predicted, [N, …].</param>
    /// <param name="noisy">What it looked at, the same shape.</param>
    /// <param name="timesteps">int64 [N].</param>
    internal Tensor NoiseOf(Tensor output, Tensor noisy, Tensor timesteps)
    {
        if (Config.PredictionType is PredictionType.Epsilon) return output;
        using var scope = NewDisposeScope();
        var (signal, sigma) = Factors(noisy, output, timesteps);
        var noise = Config.PredictionType is PredictionType.Velocity ? (output * signal).Add(noisy * sigma) : (noisy - output * signal) / sigma;
        return noise.MoveToOuterDisposeScope();
    }

    /// <summary>Signal-to-noise ratio ᾱ/(1−ᾱ) of timesteps; fp32, on the CPU, shape [N].</summary>
    /// <param name="timesteps">int64 [N].</param>
    internal Tensor SignalToNoise(Tensor timesteps)
    {
        var values = Lookup(timesteps).Select(a => (float)(a / (1.0 - a))).ToArray();
        return tensor(values);
    }

    /// <summary>Noise levels σ = √((1−ᾱ)/ᾱ) of the variance-exploding form, by timestep.</summary>
    internal double[] Sigmas() => Array.ConvertAll(_alphasCumprod, a => (double)MathF.Sqrt((1 - a) / a));

    /// <summary>ᾱ of one timestep.</summary>
    internal double AlphaCumprod(int timestep) => timestep >= 0 && timestep < _alphasCumprod.Length
        ? _alphasCumprod[timestep]
        : throw new ArgumentOutOfRangeException(nameof(timestep), timestep, $"A timestep must be 0 to {_alphasCumprod.Length - 1}.");

    private static Tensor Wide(Tensor t) => t.dtype == ScalarType.Float64 ? t : t.to(ScalarType.Float32);

    private (Tensor Signal, Tensor Sigma) Factors(Tensor latents, Tensor noise, Tensor timesteps)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(noise);
        if (!latents.shape.AsSpan().SequenceEqual(noise.shape))
            throw new ArgumentException(
                $"Latents [{string.Join(", ", latents.shape)}] and noise [{string.Join(", ", noise.shape)}] differ in shape.", nameof(noise));
        var alphas = Lookup(timesteps);
        if (latents.ndim == 0 || (alphas.Length != 1 && alphas.Length != latents.shape[0]))
            throw new ArgumentException(
                $"{alphas.Length} timesteps for latents [{string.Join(", ", latents.shape)}]: one for each, or one for all.", nameof(timesteps));
        var shape = new long[latents.ndim];
        Array.Fill(shape, 1);
        shape[0] = alphas.Length;
        var type = latents.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var signal = tensor(Array.ConvertAll(alphas, a => MathF.Sqrt(a)), dtype: type, device: latents.device);
        var sigma = tensor(Array.ConvertAll(alphas, a => MathF.Sqrt(1 - a)), dtype: type, device: latents.device);
        return (signal.reshape(shape), sigma.reshape(shape));
    }

    private float[] Lookup(Tensor timesteps)
    {
        ArgumentNullException.ThrowIfNull(timesteps);
        if (timesteps.dtype != ScalarType.Int64) throw new ArgumentException($"Timesteps must be int64, not {timesteps.dtype}.", nameof(timesteps));
        using var scope = NewDisposeScope();
        var indices = timesteps.detach().cpu().reshape(-1).contiguous().data<long>().ToArray();
        var values = new float[indices.Length];
        for (var i = 0; i < indices.Length; i++)
        {
            if ((ulong)indices[i] >= (ulong)_alphasCumprod.Length)
                throw new ArgumentOutOfRangeException(nameof(timesteps), indices[i], $"A timestep must be 0 to {_alphasCumprod.Length - 1}.");
            values[i] = _alphasCumprod[indices[i]];
        }

        return values;
    }

    private static Tensor Betas(SchedulerConfig config)
    {
        var n = config.NumTrainTimesteps;
        if (config.TrainedBetas is { } trained) return tensor(trained.ToArray());
        return config.BetaSchedule switch
        {
            BetaSchedule.Linear => linspace(config.BetaStart, config.BetaEnd, n, dtype: ScalarType.Float32),
            BetaSchedule.ScaledLinear => linspace(Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd), n, dtype: ScalarType.Float32).Square(),
            BetaSchedule.SquaredCosine => tensor(Enumerable.Range(0, n)
                .Select(i => (float)Math.Min(1 - CosineAlphaBar((i + 1.0) / n) / CosineAlphaBar((double)i / n), 0.999)).ToArray()),
            var other => throw new InvalidOperationException($"Unknown beta schedule {other}."),
        };
    }

    private static double CosineAlphaBar(double t)
    {
        var c = Math.Cos((t + 0.008) / 1.008 * Math.PI / 2);
        return c * c;
    }

    /// <summary>Shifts and scales √ᾱ so that its last value is 0 and its first is kept (Lin et al. 2023, algorithm 1).</summary>
    private static Tensor RescaleToZeroTerminalSnr(Tensor betas)
    {
        var root = betas.Rsub(1).cumprod(0).sqrt();
        var first = root[0].clone();
        var last = root[-1].clone();
        root = (root - last) * (first / (first - last));
        var bar = root.Square();
        var alphas = cat([bar[..1], bar[1..] / bar[..^1]]);
        return alphas.Rsub(1);
    }
}
