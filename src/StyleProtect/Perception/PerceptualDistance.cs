using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Perception;

/// <summary>
/// LPIPS, the learned perceptual distance of two pictures (Zhang et al. 2018), with the weights of the Python package <c>lpips</c>, which the user brings: they
/// are not shipped.
/// </summary>
public sealed class PerceptualDistance : IDisposable
{
    private const int SmallestSide = 32;
    private readonly LpipsNetwork _network;

    private PerceptualDistance(LpipsNetwork network, string name) => (_network, Name) = (network, name);

    /// <summary>"LPIPS AlexNet" or "LPIPS VGG-16".</summary>
    public string Name { get; }

    /// <summary>Opens the weights; which of the two networks they are is told by their shapes.</summary>
    /// <param name="path">A safetensors file with <c>net.slice1.0.weight</c> … and <c>lin0.model.1.weight</c> …</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message says how to make it.</exception>
    /// <exception cref="CheckpointException">The weights are none of LPIPS.</exception>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    public static PerceptualDistance Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file '{path}' with LPIPS's weights. {HowToGet(path)}", path);
        TorchRuntime.EnsureLoaded();
        using var source = WeightsSource.Open(path);
        var first = source.Keys.FirstOrDefault(k => Rename(k) == "slice1.0.weight") ?? throw new CheckpointException(
            $"{path} holds no weights of LPIPS ('net.slice1.0.weight' is missing): it is {FileKind.Of(path).What}. {HowToGet(path)}");
        // Its first convolution has the shape of VGG-16's.
        if (source.Keys.Any(k => k.Contains(".squeeze.", StringComparison.Ordinal)))
            throw new CheckpointException($"{path} holds the weights of LPIPS with SqueezeNet; those with AlexNet and VGG-16 are supported. {HowToGet(path)}");
        var vgg = source.Entry(first).Shape is [_, _, 3, 3];
        using var weights = WeightFactory.Use(ScalarType.Float32, CPU);
        var network = new LpipsNetwork(vgg);
        StateDictionaryLoader.Load(network, source, new StateDictionaryOptions
        {
            Rename = Rename,
            // the heads a second time; constants
            Ignored = [.. source.Keys.Where(k => k.StartsWith("lins.", StringComparison.Ordinal) || k.StartsWith("scaling_layer.", StringComparison.Ordinal))],
        });
        return new PerceptualDistance(network, vgg ? "LPIPS VGG-16" : "LPIPS AlexNet");
    }

    /// <summary>LPIPS of two pictures at their own size.</summary>
    /// <param name="a">[3, height, width], planar RGB, 0 to 255.</param>
    /// <param name="b">The other picture, same shape.</param>
    /// <param name="width">Width in pixels, at least 32.</param>
    /// <param name="height">Height in pixels, at least 32.</param>
    /// <returns>0 when equal; about 0.5 and more for pictures of different things.</returns>
    /// <exception cref="ArgumentException">The lengths are not 3 · width · height, or a side is too short.</exception>
    public double Compute(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, int height)
    {
        if (Math.Min(width, height) < SmallestSide)
            throw new ArgumentException($"LPIPS needs sides of at least {SmallestSide} pixels; the picture has {width} × {height}.", nameof(width));
        if (a.Length != 3 * width * height || b.Length != a.Length)
            throw new ArgumentException($"{a.Length} and {b.Length} samples are not two RGB pictures of {width} × {height} pixels.", nameof(a));
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        return _network.Forward(Planes(a, width, height), Planes(b, width, height)).Sum(d => (double)d.item<float>());
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _network.Dispose();

    private static Tensor Planes(ReadOnlySpan<float> planar, int width, int height) => tensor(planar.ToArray(), [1, 3, height, width]).Div(127.5).Sub(1);

    private static string Rename(string key) => key.StartsWith("net.", StringComparison.Ordinal) ? key[4..] : key;

    private static string HowToGet(string path) =>
        $"Make it with Python (pip install lpips safetensors): python -c \"import lpips, safetensors.torch as s; s.save_file({{k: v.contiguous() for k, v " +
        $"in lpips.LPIPS(net='alex').state_dict().items() if k.startswith(('net.', 'lin')) and not k.startswith('lins.')}}, '{Path.GetFileName(path)}')\"";
}
