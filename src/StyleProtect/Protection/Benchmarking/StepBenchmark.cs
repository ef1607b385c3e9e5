using System.Diagnostics;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Layers;
using StyleProtect.Runtime;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>Times the StyleProtect step beside the plain form of the same algorithm, in turn in one process, and against the machine's ceilings.</summary>
internal static class StepBenchmark
{
    /// <summary>Runs the benchmark on the calling thread. Pictures are random: the time does not depend on them.</summary>
    /// <param name="engine">Model, device and precision.</param>
    /// <param name="options">How to time; null for the defaults.</param>
    /// <param name="progress">One line for each part.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="ProtectionException">An option is out of range, or the machine does not have what was asked for.</exception>
    public static StepBenchmarkResult Run(StyleProtectorOptions engine, StepBenchmarkOptions? options = null, IProgress<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var how = options ?? new StepBenchmarkOptions();
        how.Validate();
        var compute = ComputePlan.Resolve(engine.Device, engine.Defaults.Precision ?? engine.Precision);
        var folder = ModelInspector.Open(engine)[0];
        if (LatentDiffusionLoader.UNetProblem(folder) is { } problem)
            throw new ProtectionException($"A step with the U-Net is timed, and the model '{folder.Name}' has none that it could ask: {problem}.");
        progress?.Report("measuring the machine's ceilings");
        var ceilings = MachineCeilings.Measure(compute.WeightType, compute.Device);
        progress?.Report("loading the model in both forms");
        using var fastModel = LatentDiffusionLoader.Load(folder, compute.WeightType, compute.Device);
        using var plainModel = LatentDiffusionLoader.Load(folder, ScalarType.Float32, compute.Device);
        plainModel.ComputeWith(new PlainOperations());
        var size = how.ViewSize ?? fastModel.PictureSize;
        using var fast = new TimedStep(fastModel, how.Views, size, Selection(fastModel), FusedKernels.For(compute.Device), StepForm.Fast);
        using var plain = new TimedStep(plainModel, how.Views, size, Selection(plainModel), FusedKernels.Torch, StepForm.Plain);
        List<double> fastTimes = [], plainTimes = [];
        progress?.Report("first step of each form");
        long? fastMemory = null;
        var operations = CountingOperations.During(fastModel, () => fastMemory = PeakMemory.During(fast.Run));
        var plainMemory = PeakMemory.During(plain.Run);
        fast.Run();
        plain.Run();
        fast.ForgetTimes();
        for (var round = 1; round <= how.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report($"round {round} of {how.Rounds}");
            fastTimes.Add(Seconds(fast.Run));
            plainTimes.Add(Seconds(plain.Run));
        }

        progress?.Report("comparing the gradients");
        var agreement = GradientAgreement.Between(fast.Gradient(), plain.Gradient());
        var median = Median(fastTimes);
        // A multiply-add is two operations, and every forward pass has a backward pass for the pictures' gradient that is as long.
        double convolutions = 4e-9 * operations.Convolutions, products = 4e-9 * operations.Products;
        return new StepBenchmarkResult
        {
            Model = ModelInspector.IdentityOf([folder]),
            Device = $"{compute.Reason}; {FusedKernels.For(compute.Device).Description}",
            Threads = get_num_threads(),
            Views = how.Views,
            ViewSize = size,
            Ceilings = ceilings,
            Agreement = agreement,
            Fast = Timing($"{(compute.WeightType == ScalarType.BFloat16 ? "bf16" : "fp32")} weights, frozen, channels last, two-stage backward", fastTimes,
                fastMemory),
            Plain = Timing("fp32, channels first, one backward pass, all weights requiring gradients", plainTimes, plainMemory),
            StepSeconds = fast.Seconds.ToDictionary(s => s.Key, s => s.Value / how.Rounds, StringComparer.Ordinal),
            Operations = convolutions + products,
            FractionOfCeiling = (convolutions / ceilings.Convolution + products / ceilings.Product) / median,
        };
    }

    // The paper's four layers where they exist by name, else all: a step's time hardly depends on them.
    internal static IReadOnlyList<AttentionLayer> Selection(LatentDiffusionModel model)
    {
        var catalog = model.UNet.Catalog();
        try
        {
            return LayerSelectors.Paper.SelectAsync(new LayerSelectionContext(catalog), CancellationToken.None).AsTask().GetAwaiter().GetResult().Layers;
        }
        catch (LayerSelectionException)
        {
            return LayerSelectors.All.SelectAsync(new LayerSelectionContext(catalog), CancellationToken.None).AsTask().GetAwaiter().GetResult().Layers;
        }
    }

    internal static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    internal static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    private static FormTiming Timing(string form, List<double> times, long? memory) => new(form, Median(times), times.Min(), times.Max(), memory);
}
