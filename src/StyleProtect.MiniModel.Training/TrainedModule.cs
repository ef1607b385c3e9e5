using System.Globalization;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>
/// A module under training: bf16 (or fp32) working weights, fp32 masters, AdamW moments and an exponential moving average, each one flat vector.
/// </summary>
internal sealed class TrainedModule : IDisposable
{
    private const string PicturesKey = "training_pictures";
    private const double Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-8;
    private readonly (string Name, Parameter Parameter, long Offset)[] _parameters;
    private readonly Tensor _master;
    private readonly Tensor _first;
    private readonly Tensor _second;
    private readonly Tensor _average;

    /// <param name="module">The module.</param>
    /// <param name="pictures">Pictures that its weights have learned from already; null when that is not known.</param>
    internal TrainedModule(nn.Module module, long? pictures = 0)
    {
        Pictures = pictures;
        var parameters = new List<(string, Parameter, long)>();
        long count = 0;
        foreach (var (name, parameter) in module.named_parameters())
        {
            parameter.requires_grad_(true);
            parameters.Add((name, parameter, count));
            count += parameter.numel();
        }

        _parameters = [.. parameters];
        Count = count;
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _master = cat([.. _parameters.Select(p => p.Parameter.detach().to(float32).flatten())]).DetachFromDisposeScope();
        _first = zeros(count).DetachFromDisposeScope();
        _second = zeros(count).DetachFromDisposeScope();
        _average = _master.clone().DetachFromDisposeScope();
    }

    /// <summary>Number of weights.</summary>
    internal long Count { get; }

    /// <summary>Steps done.</summary>
    internal long Step { get; private set; }

    /// <summary>Pictures learned from, each as often as it was seen; null when that is not known.</summary>
    internal long? Pictures { get; private set; }

    /// <summary>One AdamW step from the gradients in the module, then clears them.</summary>
    /// <param name="rate">Learning rate.</param>
    /// <param name="weightDecay">Decoupled weight decay.</param>
    /// <param name="clip">Largest norm of the whole gradient.</param>
    /// <param name="averageDecay">Decay of the moving average once it is warm.</param>
    /// <param name="pictures">Pictures that the step is counted for.</param>
    /// <returns>The gradient's norm before clipping; a step whose norm is not finite is left out.</returns>
    internal double Update(double rate, double weightDecay, double clip, double averageDecay, int pictures)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var gradient = cat([.. _parameters.Select(p => (p.Parameter.grad ?? zeros_like(p.Parameter)).flatten())]).to(float32);
        foreach (var p in _parameters) p.Parameter.grad = null;
        var norm = gradient.norm().item<float>();
        if (!float.IsFinite(norm)) return norm;
        if (norm > clip) gradient.Mul_(clip / norm);
        Step++;
        Pictures += pictures;
        _first.Mul_(Beta1).Add_(gradient, 1 - Beta1);
        _second.Mul_(Beta2).Addcmul_(gradient, gradient, 1 - Beta2);
        var denominator = _second.Div(1 - Math.Pow(Beta2, Step)).sqrt_().Add_(Epsilon);
        _master.Mul_(1 - rate * weightDecay).Addcdiv_(_first, denominator, -rate / (1 - Math.Pow(Beta1, Step)));
        var decay = Math.Min(averageDecay, (1.0 + Step) / (10 + Step));
        _average.Mul_(decay).Add_(_master, 1 - decay);
        CopyToModule(_master);
        return norm;
    }

    /// <summary>Puts the moving average (or the trained weights again) into the module.</summary>
    internal void Show(bool average)
    {
        using var frozen = no_grad();
        CopyToModule(average ? _average : _master);
    }

    /// <summary>The averaged weights by name.</summary>
    internal Dictionary<string, Tensor> AveragedWeights() => _parameters.ToDictionary(
        p => p.Name, p => Slice(_average, p.Parameter, p.Offset).clone(), StringComparer.Ordinal);

    internal void Save(string path)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["step"] = Step.ToString(CultureInfo.InvariantCulture) };
        AddPictures(metadata, Pictures);
        SafetensorsWriter.Write(
            path,
            new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["master"] = _master, ["first"] = _first, ["second"] = _second, ["average"] = _average },
            metadata);
    }

    /// <summary>Goes on from a saved state.</summary>
    internal void Load(string path)
    {
        var metadata = Read(path, (target, stored) => target.copy_(stored));
        (Step, Pictures) = (StepOf(metadata), PicturesOf(metadata));
    }

    /// <summary>Pictures learned from as a file of weights says it; null where it does not.</summary>
    internal static long? PicturesOf(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(PicturesKey, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Writes a known number of pictures into a file's metadata.</summary>
    internal static void AddPictures(Dictionary<string, string> metadata, long? pictures)
    {
        if (pictures is { } known) metadata[PicturesKey] = known.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Takes the mean of this state and a saved one of the same step, weights and moments alike.</summary>
    internal void Average(string path)
    {
        var metadata = Read(path, (target, stored) => target.Add_(stored).Mul_(0.5));
        if (StepOf(metadata) != Step) throw new InvalidOperationException($"'{path}' is of step {StepOf(metadata)}, this training is at {Step}.");
    }

    private static long StepOf(IReadOnlyDictionary<string, string> metadata) => long.Parse(metadata["step"], CultureInfo.InvariantCulture);

    private IReadOnlyDictionary<string, string> Read(string path, Action<Tensor, Tensor> take)
    {
        using var file = SafetensorsFile.Open(path);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, target) in new[] { ("master", _master), ("first", _first), ("second", _second), ("average", _average) })
        {
            var stored = file.Read(name);
            if (stored.numel() != Count)
                throw new SafetensorsException($"{path} holds {stored.numel()} weights, the model has {Count}: it belongs to another architecture.");
            take(target, stored);
        }

        CopyToModule(_master);
        return file.Metadata;
    }

    public void Dispose()
    {
        _master.Dispose();
        _first.Dispose();
        _second.Dispose();
        _average.Dispose();
    }

    private void CopyToModule(Tensor flat)
    {
        using var scope = NewDisposeScope();
        foreach (var (_, parameter, offset) in _parameters) parameter.copy_(Slice(flat, parameter, offset));
    }

    private static Tensor Slice(Tensor flat, Parameter like, long offset) => flat.narrow(0, offset, like.numel()).view(like.shape);
}
