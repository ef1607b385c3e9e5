using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Perception;

/// <summary>
/// The network of LPIPS (Zhang et al. 2018, version 0.1): AlexNet's or VGG-16's convolutions in five slices, and a weight for each channel of each slice.
/// </summary>
internal sealed class LpipsNetwork : Module
{
    private readonly (Conv2d[] Layers, bool Pool)[] _slices;
    private readonly Conv2d[] _heads;
    private readonly int _pool;

    /// <param name="vgg">VGG-16; else AlexNet.</param>
    internal LpipsNetwork(bool vgg) : base(nameof(LpipsNetwork))
    {
        _pool = vgg ? 2 : 3;
        // Each slice: whether it begins with pooling; and for each convolution its number in torchvision's list, channels in and out, kernel, stride, padding.
        (bool Pool, (int, int, int, int, int, int)[] Layers)[] plan = vgg
            ? [
                (false, [(0, 3, 64, 3, 1, 1), (2, 64, 64, 3, 1, 1)]),
                (true, [(5, 64, 128, 3, 1, 1), (7, 128, 128, 3, 1, 1)]),
                (true, [(10, 128, 256, 3, 1, 1), (12, 256, 256, 3, 1, 1), (14, 256, 256, 3, 1, 1)]),
                (true, [(17, 256, 512, 3, 1, 1), (19, 512, 512, 3, 1, 1), (21, 512, 512, 3, 1, 1)]),
                (true, [(24, 512, 512, 3, 1, 1), (26, 512, 512, 3, 1, 1), (28, 512, 512, 3, 1, 1)]),
            ]
            : [
                (false, [(0, 3, 64, 11, 4, 2)]), (true, [(3, 64, 192, 5, 1, 2)]), (true, [(6, 192, 384, 3, 1, 1)]),
                (false, [(8, 384, 256, 3, 1, 1)]), (false, [(10, 256, 256, 3, 1, 1)]),
            ];
        _slices = new (Conv2d[], bool)[plan.Length];
        _heads = new Conv2d[plan.Length];
        for (var s = 0; s < plan.Length; s++)
        {
            var layers = plan[s].Layers.Select(l => (Name: $"{l.Item1}", Layer: new Conv2d(l.Item2, l.Item3, l.Item4, l.Item5, l.Item6))).ToArray();
            _slices[s] = ([.. layers.Select(l => l.Layer)], plan[s].Pool);
            register_module($"slice{s + 1}", new NumberedModules([.. layers.Select(l => (l.Name, (Module)l.Layer))]));
            _heads[s] = new Conv2d(layers[^1].Layer.Signature.OutChannels, 1, 1, bias: false);
            register_module($"lin{s}", new NumberedModules(("model", new NumberedModules(("1", _heads[s])))));
        }
    }

    /// <param name="a">N × 3 × H × W in [−1, 1].</param>
    /// <param name="b">The other pictures, same shape.</param>
    /// <returns>The distances of the slices, [N] each; their sum is LPIPS. Differentiable.</returns>
    internal IReadOnlyList<Tensor> Forward(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        var distances = new List<Tensor>();
        var (x, y) = (Scaled(a), Scaled(b));
        for (var s = 0; s < _slices.Length; s++)
        {
            (x, y) = (Slice(x, s), Slice(y, s));
            var difference = (Unit(x) - Unit(y)).Square();
            distances.Add((difference * _heads[s].Weight).sum(1).mean([1L, 2L]).MoveToOuterDisposeScope());
        }

        return distances;
    }

    private Tensor Slice(Tensor x, int slice)
    {
        if (_slices[slice].Pool) x = functional.max_pool2d(x, _pool, stride: 2);
        return _slices[slice].Layers.Aggregate(x, (h, layer) => functional.relu(layer.forward(h)));
    }

    /// <summary>To the statistics that the backbones were trained with.</summary>
    private static Tensor Scaled(Tensor pictures)
    {
        var shift = tensor([-0.030f, -0.088f, -0.188f], device: pictures.device).view(1, 3, 1, 1);
        var scale = tensor([0.458f, 0.448f, 0.450f], device: pictures.device).view(1, 3, 1, 1);
        return TensorLayout.ChannelsLast((pictures - shift) / scale);
    }

    private static Tensor Unit(Tensor features) => features / features.Square().sum(1, keepdim: true).sqrt().Add(1e-10);
}
