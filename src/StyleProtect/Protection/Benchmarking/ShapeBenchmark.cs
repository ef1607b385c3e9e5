using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Runtime;
using StyleProtect.Runtime.Memory;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Benchmarking;

/// <summary>
/// Times a model of a published size with random weights: the U-Net's forward pass and input gradient, a whole iteration, one at twice the size within a memory
/// limit.
/// </summary>
internal static class ShapeBenchmark
{
    /// <summary>Runs the benchmark on the calling thread; one view.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="precision">Arithmetic of the fast form.</param>
    /// <param name="options">What to time; null for the defaults.</param>
    /// <param name="progress">One line for each part.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="ProtectionException">An option is out of range, the limit is too small, or the machine does not have what was asked for.</exception>
    public static ShapeBenchmarkResult Run(
        ComputeDevice device = ComputeDevice.Auto, Precision precision = Precision.Auto, ShapeBenchmarkOptions? options = null,
        IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        var how = options ?? new ShapeBenchmarkOptions();
        var shape = how.Validate();
        var compute = ComputePlan.Resolve(device, precision);
        progress?.Report("measuring the machine's ceilings");
        var ceilings = MachineCeilings.Measure(compute.WeightType, compute.Device);
        var works = new List<WorkTiming>();
        Tensor? exact = null;
        LatentDiffusionModel model;
        if (how.Plain)
        {
            progress?.Report($"making {shape.Name} in fp32");
            using var plain = RandomModel.Create(shape, ScalarType.Float32, compute.Device);
            plain.ComputeWith(new PlainOperations());
            var form = new TimedForm(plain, StepForm.PlainFrozen, "fp32, channels first, one backward pass, all weights frozen but K and V",
                MachineCeilings.Measure(ScalarType.Float32, compute.Device), how.Rounds, progress, cancellationToken);
            works.Add(form.UNet());
            works.Add(form.Iteration(plain.PictureSize, null));
            exact = form.Gradient();
            progress?.Report($"making {shape.Name} in the fast form");
            model = RandomModel.Copy(plain, shape, compute.WeightType);
        }
        else
        {
            progress?.Report($"making {shape.Name} in the fast form");
            model = RandomModel.Create(shape, compute.WeightType, compute.Device);
        }

        using (model)
        {
            var form = new TimedForm(model, StepForm.Fast, $"{(compute.WeightType == ScalarType.BFloat16 ? "bf16" : "fp32")} weights, frozen, channels last, " +
                "two-stage backward", ceilings, how.Rounds, progress, cancellationToken);
            works.Add(form.UNet());
            works.Add(form.Iteration(model.PictureSize, null));
            var agreement = exact is null ? null : GradientAgreement.Between(form.Gradient(), exact);
            var footprint = ModelFootprint.Of(model);
            var settings = new ProtectionOptions { Resolution = 2 * model.PictureSize, MemoryLimit = how.MemoryLimit, OfficialScript = true };
            var plan = MemoryPlan.Of(footprint, compute, settings, form.Layers, [(2 * model.PictureSize, 2 * model.PictureSize)]);
            works.Add(form.Iteration(2 * model.PictureSize, plan));
            return new ShapeBenchmarkResult(shape.Name, footprint.Parameters, $"{compute.Reason}; {FusedKernels.For(compute.Device).Description}",
                get_num_threads(), ceilings, works, agreement);
        }
    }
}
