using StyleProtect.Artworks;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Runtime.Views;
using static TorchSharp.torch;

namespace StyleProtect.Protection.Engine;

/// <summary>
/// One artwork while it is protected: original and perturbed samples in [−1, 1] at its own size, and the gradient that accumulates in a step.
/// </summary>
internal sealed class PerturbedImage : IDisposable
{
    private readonly Tensor _original;
    private readonly Tensor _image;
    private readonly Tensor _gradient;
    private readonly Tensor? _alpha, _budget, _parameters;
    private readonly IParametrisation? _parametrisation;
    private readonly IUpdateRule _rule;
    private readonly double _epsilon;
    private readonly string? _method;
    private IUpdate? _update;

    /// <param name="artwork">The artwork.</param>
    /// <param name="epsilon">ε in 8-bit steps.</param>
    /// <param name="method">Parametrisation, update rule and budget map; null for samples, sign steps and ε everywhere.</param>
    /// <exception cref="ProtectionException">A part of the method returned what cannot be used; the message names it.</exception>
    internal PerturbedImage(Artwork artwork, Device device, double epsilon, ProtectionMethod? method = null)
    {
        Artwork = artwork;
        _epsilon = epsilon / 127.5;
        _method = method?.Name;
        _rule = method?.UpdateRule ?? UpdateRules.Sign;
        _parametrisation = method?.Parametrisation;
        try
        {
            using (NewDisposeScope()) _original = PicturePlanes.Of(artwork).to(device).contiguous().DetachFromDisposeScope();
            _image = _original.clone().DetachFromDisposeScope();
            _gradient = zeros_like(_original).DetachFromDisposeScope();
            _alpha = ModelPictures.Alpha(artwork, device)?.DetachFromDisposeScope();
            using var frozen = no_grad();
            if (method?.BudgetMap is { } map) _budget = Budget(map, method.Name);
            if (_parametrisation is null) return;
            using var scope = NewDisposeScope();
            var start = _parametrisation.Start(_original, _epsilon)
                ?? throw new ProtectionException($"{WhoseParametrisation} gives null as the parameters at the start.");
            // A copy, so that steps do not change a tensor that the parametrisation keeps, or the original that it may have returned.
            _parameters = start.detach().to(float32, copy: true).contiguous().DetachFromDisposeScope();
            _image.copy_(Mapped(_parameters));
            Project();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal Artwork Artwork { get; }

    /// <summary>The smallest ε, in 8-bit steps, that can change a sample of a bit depth.</summary>
    internal static double SmallestEpsilon(int bitDepth) => 1 / Grid(bitDepth);

    /// <summary>Values of a sample to an 8-bit step.</summary>
    private static double Grid(int bitDepth) => bitDepth == 16 ? 257 : 1;

    /// <summary>The image as it would be seen: transparent parts over white. [3, H, W]</summary>
    internal Tensor Seen() => ModelPictures.OverWhite(_image, _alpha);

    /// <summary>The original as it would be seen. [3, H, W]</summary>
    internal Tensor SeenOriginal() => ModelPictures.OverWhite(_original, _alpha);

    /// <summary>Adds a view's gradient to the image's.</summary>
    internal void AccumulateGradient(Crop crop, Tensor gradient) => crop.AddAdjoint(gradient, _gradient);

    /// <summary>One projected step along the accumulated gradient, which is cleared. Fully transparent pixels have no gradient and stay.</summary>
    /// <param name="stepSize">In 8-bit steps.</param>
    internal void Step(IFusedKernels kernels, double stepSize)
    {
        using var frozen = no_grad();
        if (_alpha is not null) _gradient.mul_(_alpha);
        if (_parameters is not null)
        {
            StepParameters(stepSize / 127.5 * _parametrisation!.ParametersPerUnit);
            Project();
        }
        else if (ReferenceEquals(_rule, UpdateRules.Sign))
        {
            kernels.PgdStep(_image, _original, _gradient, new PgdStepOptions { StepSize = (float)(stepSize / 127.5), Epsilon = (float)_epsilon });
            if (_budget is not null) Project();
        }
        else
        {
            Update(_image).Ascend(_image, _gradient, stepSize / 127.5);
            Project();
        }

        _gradient.zero_();
    }

    /// <summary>Uniform noise within the budget, the control.</summary>
    internal void Randomize(Generator generator)
    {
        using var scope = NewDisposeScope();
        var noise = rand(_original.shape, generator: generator).Mul(2).Sub(1).Mul(_epsilon);
        _image.copy_(_original.Add(noise.to(_original.device)).Clamp(-1, 1));
        if (_budget is not null) Project();
    }

    /// <summary>The protected picture on the artwork's own grid of values, no sample further than its budget from the original.</summary>
    internal Artwork Compose()
    {
        var planar = Planar(_image);
        var original = Artwork.ToPlanarRgb();
        // Rounding must not overstep: the difference is rounded on the grid, and the budget down to it.
        var grid = Grid(Artwork.BitDepth);
        var limit = Math.Floor(_epsilon * 127.5 * grid + 1e-6);
        var limits = _budget is null ? null : Limits(grid);
        for (var i = 0; i < planar.Length; i++)
        {
            var most = limits?[i] ?? limit;
            var steps = Math.Clamp(Math.Round((planar[i] - original[i]) * grid), -most, most);
            planar[i] = (float)Math.Clamp(original[i] + steps / grid, 0, 255);
        }

        return Artwork.WithPlanarRgb(planar);
    }

    /// <summary>The official script's rounding, trunc(127.5·x + 128), which is rounding to the nearest value.</summary>
    internal Artwork ComposeAsScript()
    {
        var planar = Planar(_image);
        for (var i = 0; i < planar.Length; i++) planar[i] = (float)Math.Clamp(Math.Floor(planar[i] + 0.5f), 0, 255);
        return Artwork.WithPlanarRgb(planar);
    }

    public void Dispose()
    {
        _update?.Dispose();
        foreach (var tensor in (Tensor?[])[_original, _image, _gradient, _alpha, _budget, _parameters]) tensor?.Dispose();
    }

    private void StepParameters(double stepSize)
    {
        using var scope = NewDisposeScope();
        Tensor gradient;
        using (enable_grad())
        {
            var leaf = _parameters!.detach().requires_grad_(true);
            // Σ image·g has the gradient g: backward() with a vector is not guarded against native exceptions.
            var product = (Mapped(leaf) * _gradient).sum();
            if (!product.requires_grad) throw NotDifferentiable();
            product.backward();
            BackwardFaults.ThrowIfAny();
            gradient = leaf.grad ?? throw NotDifferentiable();
        }

        Update(_parameters!).Ascend(_parameters!, gradient, stepSize);
        _parametrisation!.Project(_parameters!, _original, _epsilon);
        _image.copy_(Mapped(_parameters!));
    }

    private string WhoseParametrisation => $"The parametrisation {_parametrisation!.GetType().Name} of the method '{_method}'";

    private ProtectionException NotDifferentiable() => new($"{WhoseParametrisation} gives an image that does not depend differentiably on its parameters.");

    private IUpdate Update(Tensor parameters) => _update ??= _rule.Begin(parameters);

    /// <summary>The image of the parameters within ±ε, as it is written: what the map gives beyond has no gradient.</summary>
    private Tensor Mapped(Tensor parameters)
    {
        using var scope = NewDisposeScope();
        var image = _parametrisation!.Image(parameters, _original, _epsilon);
        if (image is null || !image.shape.AsSpan().SequenceEqual(_original.shape))
        {
            throw new ProtectionException(
                $"{WhoseParametrisation} gives an image of shape [{string.Join(", ", image?.shape ?? [])}]; [{string.Join(", ", _original.shape)}] is needed.");
        }

        return _original.Add((image - _original).Clamp(-_epsilon, _epsilon)).Clamp(-1, 1).MoveToOuterDisposeScope();
    }

    /// <summary>Into ±ε·map around the original and the range of samples.</summary>
    private void Project()
    {
        using var scope = NewDisposeScope();
        var change = _image - _original;
        var kept = _budget is null ? change.Clamp(-_epsilon, _epsilon) : change.minimum(_budget).maximum(_budget.neg());
        _image.copy_(_original.Add(kept).Clamp(-1, 1));
    }

    private Tensor Budget(IBudgetMap map, string method)
    {
        using var scope = NewDisposeScope();
        var who = $"The budget map of the method '{method}'";
        var values = map.Compute(_original) ?? throw new ProtectionException($"{who} is null.");
        if (values.shape is not [1 or 3, var height, var width] || height != _original.shape[1] || width != _original.shape[2])
            throw new ProtectionException(
                $"{who} has the shape [{string.Join(", ", values.shape)}]; the picture needs [1 or 3, {_original.shape[1]}, {_original.shape[2]}].");
        float low = values.min().to(float32).item<float>(), high = values.max().to(float32).item<float>();
        if (!(low >= 0 && high <= 1))
            throw new ProtectionException($"{who} has values from {low} to {high}; each must be 0 to 1, the share of ε that a pixel may use.");
        return values.to(float32).to(_original.device).Mul(_epsilon).expand(_original.shape).contiguous().DetachFromDisposeScope();
    }

    private double[] Limits(double grid)
    {
        using var scope = NewDisposeScope();
        return Array.ConvertAll(_budget!.cpu().data<float>().ToArray(), e => Math.Floor(e * 127.5 * grid + 1e-4));
    }

    /// <exception cref="ProtectionException">The last step gave a value that is not finite.</exception>
    private float[] Planar(Tensor image)
    {
        using var scope = NewDisposeScope();
        var planar = image.Add(1).Mul(127.5).cpu().data<float>().ToArray();
        return Array.TrueForAll(planar, float.IsFinite)
            ? planar
            : throw new ProtectionException($"The last step of the method '{_method}' gave an image with values that are not finite. Nothing was kept.");
    }
}
