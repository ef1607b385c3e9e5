using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>Times pieces of work with one model in one form.</summary>
internal sealed class TimedForm(
    LatentDiffusionModel model, StepForm form, string name, MachineCeilings ceilings, int rounds, IProgress<string>? progress,
    CancellationToken cancellationToken)
{
    private readonly IReadOnlyList<AttentionLayer> _layers = StepBenchmark.Selection(model);

    /// <summary>The layers whose K and V are trained.</summary>
    internal IReadOnlyList<AttentionLayer> Layers => _layers;

    /// <summary>The U-Net at the model's own size: forward pass and gradient of the latent.</summary>
    internal WorkTiming UNet()
    {
        var context = model.EncodePrompt(ModelSource.FallbackPrompt);
        using var generator = new Generator(1);
        using var noisy = randn(model.LatentShape(1, model.PictureSize, model.PictureSize), generator: generator).to(model.Device);
        using var timestep = TensorMath.Full([1], 500, ScalarType.Int64, model.Device);
        var result = Time($"U-Net, latent {model.UNet.Config.SampleSize}², forward + input gradient", () =>
        {
            using var scope = NewDisposeScope();
            var leaf = noisy.detach().requires_grad_(true);
            model.Predict(leaf, timestep, context).sum().backward();
            BackwardFaults.ThrowIfAny();
        }, null, null);
        context.Tokens.Dispose();
        return result;
    }

    /// <summary>A whole iteration on one view.</summary>
    internal WorkTiming Iteration(int side, MemoryPlan? plan)
    {
        using var step = Step(side, plan);
        return Time($"iteration, one view of {side}²", step.Run, plan, step);
    }

    /// <summary>The gradient of one view at the model's own size.</summary>
    internal Tensor Gradient()
    {
        progress?.Report("taking the gradient to compare");
        using var step = Step(model.PictureSize, null);
        return step.Gradient();
    }

    private TimedStep Step(int side, MemoryPlan? plan) =>
        new(model, 1, side, _layers, form == StepForm.Fast ? FusedKernels.For(model.Device) : FusedKernels.Torch, form, plan?.Partition);

    private WorkTiming Time(string work, Action run, MemoryPlan? plan, TimedStep? step)
    {
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report($"{work}: {name}");
        (double Elapsed, double Processor) first = default;
        long? memory = null, total = null;
        var operations = CountingOperations.During(model, () => memory = PeakMemory.During(() => first = Once(run), out total));
        if (rounds > 0) step?.ForgetTimes();
        List<(double Elapsed, double Processor)> times = rounds == 0 ? [first] : [];
        for (var i = 0; i < rounds; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            times.Add(Once(run));
        }

        double seconds = StepBenchmark.Median([.. times.Select(t => t.Elapsed)]), processor = StepBenchmark.Median([.. times.Select(t => t.Processor)]);
        progress?.Report(FormattableString.Invariant($"{work}: {seconds:0.00} s, {processor:0.00} s of the processor") +
            (total is { } peak ? FormattableString.Invariant($", process's peak {peak / (double)(1L << 30):0.00} GiB") : ""));
        // What is computed again is counted once, as in a plan that keeps everything.
        double again = plan is { EncoderSegments: > 0 } or { Tile: not null } ? double.NaN : 4e-9;
        double convolutions = again * operations.Convolutions, products = again * operations.Products;
        return new WorkTiming(
            work, name, seconds, processor, total, memory, plan, convolutions + products,
            (convolutions / ceilings.Convolution + products / ceilings.Product) / seconds,
            step is null || form != StepForm.Fast ? new Dictionary<string, double>(StringComparer.Ordinal)
                : step.Seconds.ToDictionary(s => s.Key, s => s.Value / times.Count, StringComparer.Ordinal));
    }

    private static (double Elapsed, double Processor) Once(Action run)
    {
        var before = Environment.CpuUsage.TotalTime;
        var elapsed = StepBenchmark.Seconds(run);
        return (elapsed, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }
}
