using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Schedulers;

/// <summary>What every scheduler's step does around its formula: types, shapes, noise and the life of temporaries.</summary>
internal static class SchedulerStep
{
    /// <summary>Runs a step's formula on fp32 (fp64 stays) copies and returns the result in the sample's type; temporaries are freed.</summary>
    internal static Tensor Run(Tensor modelOutput, Tensor sample, Func<Tensor, Tensor, Tensor> formula)
    {
        ArgumentNullException.ThrowIfNull(modelOutput);
        ArgumentNullException.ThrowIfNull(sample);
        if (!modelOutput.shape.AsSpan().SequenceEqual(sample.shape))
            throw new ArgumentException(
                $"The model's output [{string.Join(", ", modelOutput.shape)}] and the sample [{string.Join(", ", sample.shape)}] differ in shape.",
                nameof(modelOutput));
        using var scope = NewDisposeScope();
        var result = formula(Wide(modelOutput, sample), Wide(sample, sample));
        // An output that is an input (a formula that changes nothing) must not share its life.
        return (ReferenceEquals(result, sample) || ReferenceEquals(result, modelOutput) ? result.clone() : result.to(sample.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>The noise of a stochastic step: the given one, else drawn.</summary>
    internal static Tensor Noise(Tensor? noise, Tensor like, Generator? generator)
    {
        if (noise is null) return randn(like.shape, dtype: like.dtype, device: like.device, generator: generator);
        if (noise.shape.AsSpan().SequenceEqual(like.shape)) return Wide(noise, like);
        throw new ArgumentException(
            $"The noise [{string.Join(", ", noise.shape)}] must have the sample's shape [{string.Join(", ", like.shape)}].", nameof(noise));
    }

    internal static int WholeTimestep(double timestep, SchedulerConfig config) =>
        timestep >= 0 && timestep < config.NumTrainTimesteps && timestep == Math.Floor(timestep)
            ? (int)timestep
            : throw new ArgumentOutOfRangeException(nameof(timestep), timestep, $"The timestep must be a whole number, 0 to {config.NumTrainTimesteps - 1}.");

    internal static InvalidOperationException NotStarted() => new("Call SetTimesteps before the first step.");

    private static Tensor Wide(Tensor t, Tensor like) => t.to(like.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, like.device);
}
