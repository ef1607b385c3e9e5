using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>Checks of the fused operations' arguments, common to all implementations and done before any memory is touched.</summary>
internal static class KernelArguments
{
    /// <summary>Largest number of elements of one tensor: the kernels index with 32 bits.</summary>
    internal const long MaxElements = int.MaxValue;

    /// <summary>Checks a PGD step and gives its shape.</summary>
    internal static ImageShape PgdStep(Tensor x, Tensor x0, Tensor gradient, PgdStepOptions options, Tensor? momentum, Tensor? mask)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var shape = Images(x, x0);
        Like(x, gradient, nameof(gradient), ScalarType.Float32, ScalarType.BFloat16);
        if (momentum is not null) Like(x, momentum, nameof(momentum), ScalarType.Float32);
        var maskStrides = mask is null ? default : MaskStrides(x, mask, shape);
        Disjoint([(nameof(x), x), (nameof(momentum), momentum)], [(nameof(x0), x0), (nameof(gradient), gradient), (nameof(mask), mask)]);
        return shape with { MaskImageStride = maskStrides.Image, MaskChannelStride = maskStrides.Channel };
    }

    /// <summary>Checks an L2 projection and gives its shape.</summary>
    internal static ImageShape ProjectL2(Tensor x, Tensor x0, float radius)
    {
        if (!(radius >= 0) || !float.IsFinite(radius))
            throw new ArgumentOutOfRangeException(nameof(radius), radius, "The radius must be finite and 0 or more.");
        var shape = Images(x, x0);
        Disjoint([(nameof(x), x)], [(nameof(x0), x0)]);
        return shape;
    }

    /// <summary>Checks an attention call and gives its shape.</summary>
    internal static AttentionShape CrossAttention(Tensor q, Tensor k, Tensor v, double scale)
    {
        if (!double.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale must be finite.");
        foreach (var (name, t) in ((string, Tensor)[])[(nameof(q), q), (nameof(k), k), (nameof(v), v)])
        {
            Present(t, name);
            if (t.dim() != 4) throw new ArgumentException($"{name} must be [batch, heads, length, size], but is [{Text(t.shape)}].", name);
            Size(t, name);
            Type(t, name, ScalarType.Float32, ScalarType.BFloat16);
            if (t.dtype != q.dtype) throw new ArgumentException($"{name} is {t.dtype}, but q is {q.dtype}.", name);
            Device(q, t, name);
            if (t.shape[3] > 1 && t.stride(3) != 1)
                throw new ArgumentException($"{name} must be dense in its last dimension, but its stride there is {t.stride(3)}.", name);
        }

        if (k.shape[0] != q.shape[0] || k.shape[1] != q.shape[1] || k.shape[3] != q.shape[3])
            throw new ArgumentException(
                $"k is [{Text(k.shape)}]; with q [{Text(q.shape)}] it must be [{q.shape[0]}, {q.shape[1]}, any, {q.shape[3]}].", nameof(k));
        if (!v.shape.AsSpan().SequenceEqual(k.shape)) throw new ArgumentException($"v is [{Text(v.shape)}], but k is [{Text(k.shape)}].", nameof(v));
        if (q.shape[3] == 0) throw new ArgumentException("q has heads of size 0.", nameof(q));
        if (k.shape[2] == 0) throw new ArgumentException("k holds no keys: a softmax over nothing has no value.", nameof(k));
        return new AttentionShape((int)q.shape[0], (int)q.shape[1], (int)q.shape[2], (int)k.shape[2], (int)q.shape[3]);
    }

    /// <summary>Checks a group norm and gives its settings.</summary>
    internal static GroupNormSettings GroupNorm(Tensor input, int groups, Tensor weight, Tensor bias, double eps, bool silu)
    {
        Present(input, nameof(input));
        Size(input, nameof(input));
        Type(input, nameof(input), ScalarType.Float32, ScalarType.BFloat16);
        if (input.dim() < 2) throw new ArgumentException($"input must be [images, channels, …], but is [{Text(input.shape)}].", nameof(input));
        if (!MapOrder.IsDense(input)) throw new ArgumentException("input must be dense, channels first or last; call contiguous() first.", nameof(input));
        if (groups < 1 || input.shape[1] % groups != 0)
            throw new ArgumentException($"{input.shape[1]} channels cannot be normalised in {groups} groups.", nameof(groups));
        if (!(eps >= 0) || !double.IsFinite(eps)) throw new ArgumentOutOfRangeException(nameof(eps), eps, "eps must be finite and 0 or more.");
        foreach (var (name, t) in ((string, Tensor)[])[(nameof(weight), weight), (nameof(bias), bias)])
        {
            Present(t, name);
            Type(t, name, ScalarType.Float32, ScalarType.BFloat16);
            Device(input, t, name);
            if (t.dim() != 1 || t.shape[0] != input.shape[1]) throw new ArgumentException($"{name} is [{Text(t.shape)}], expected [{input.shape[1]}].", name);
        }

        return new GroupNormSettings(groups, eps, silu);
    }

    /// <summary>Checks an AdamW step.</summary>
    internal static void AdamWStep(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> gradients, AdamWState state, AdamWOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (gradients.Count != parameters.Count)
            throw new ArgumentException($"{gradients.Count} gradients for {parameters.Count} parameters.", nameof(gradients));
        if (state.FirstMoments.Count != parameters.Count)
            throw new ArgumentException($"The state is for {state.FirstMoments.Count} parameters, not for {parameters.Count}.", nameof(state));
        var written = new List<(string, Tensor?)>();
        var read = new List<(string, Tensor?)>();
        for (var i = 0; i < parameters.Count; i++)
        {
            Dense(parameters[i], $"{nameof(parameters)}[{i}]", ScalarType.Float32);
            Device(parameters[0], parameters[i], $"{nameof(parameters)}[{i}]");
            Like(parameters[i], gradients[i], $"{nameof(gradients)}[{i}]", ScalarType.Float32);
            Like(parameters[i], state.FirstMoments[i], $"{nameof(state)}.{nameof(state.FirstMoments)}[{i}]", ScalarType.Float32);
            Like(parameters[i], state.SecondMoments[i], $"{nameof(state)}.{nameof(state.SecondMoments)}[{i}]", ScalarType.Float32);
            written.Add(($"{nameof(parameters)}[{i}]", parameters[i]));
            written.Add(($"first moment {i}", state.FirstMoments[i]));
            written.Add(($"second moment {i}", state.SecondMoments[i]));
            read.Add(($"{nameof(gradients)}[{i}]", gradients[i]));
        }

        Disjoint(written, read);
    }

    /// <summary>Throws unless a tensor is on the wanted kind of device.</summary>
    internal static void On(DeviceType device, Tensor tensor, string backend)
    {
        if (tensor.device_type != device)
            throw new ArgumentException(
                $"The {backend} kernels work on {device} tensors, but this one is on {tensor.device}; ask FusedKernels.For(device) for the right ones.",
                nameof(tensor));
    }

    private static ImageShape Images(Tensor x, Tensor x0)
    {
        Dense(x, nameof(x), ScalarType.Float32);
        if (x.dim() is not (3 or 4)) throw new ArgumentException($"x must be [N,C,H,W] or [C,H,W], but is [{Text(x.shape)}].", nameof(x));
        Like(x, x0, nameof(x0), ScalarType.Float32);
        var s = x.shape;
        return s.Length == 4 ? new ImageShape((int)s[0], (int)s[1], (int)(s[2] * s[3])) : new ImageShape(1, (int)s[0], (int)(s[1] * s[2]));
    }

    private static (int Image, int Channel) MaskStrides(Tensor x, Tensor mask, ImageShape shape)
    {
        Dense(mask, nameof(mask), ScalarType.Float32);
        Device(x, mask, nameof(mask));
        var m = mask.dim() == 3 ? [1, .. mask.shape] : mask.shape;
        var s = x.dim() == 3 ? [1, .. x.shape] : x.shape;
        if (m.Length != 4 || (m[0] != 1 && m[0] != s[0]) || (m[1] != 1 && m[1] != s[1]) || m[2] != s[2] || m[3] != s[3])
            throw new ArgumentException(
                $"mask is [{Text(mask.shape)}]; for x [{Text(x.shape)}] it must be [{s[0]} or 1, {s[1]} or 1, {s[2]}, {s[3]}].", nameof(mask));
        var channel = m[1] == 1 ? 0 : shape.Pixels;
        return (m[0] == 1 ? 0 : (int)m[1] * shape.Pixels, channel);
    }

    private static void Like(Tensor first, Tensor tensor, string name, params ReadOnlySpan<ScalarType> types)
    {
        Dense(tensor, name, types);
        Device(first, tensor, name);
        if (!tensor.shape.AsSpan().SequenceEqual(first.shape))
            throw new ArgumentException($"{name} is [{Text(tensor.shape)}], expected [{Text(first.shape)}].", name);
    }

    private static void Dense(Tensor tensor, string name, params ReadOnlySpan<ScalarType> types)
    {
        Present(tensor, name);
        Size(tensor, name);
        Type(tensor, name, types);
        if (!tensor.is_contiguous()) throw new ArgumentException($"{name} must be contiguous; call contiguous() first.", name);
    }

    private static void Present(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.IsInvalid) throw new ArgumentException($"{name} has been disposed.", name);
    }

    private static void Size(Tensor tensor, string name)
    {
        if (tensor.numel() > MaxElements)
            throw new ArgumentException($"{name} has {tensor.numel()} elements; the kernels take at most {MaxElements}: split the batch.", name);
    }

    private static void Type(Tensor tensor, string name, params ReadOnlySpan<ScalarType> types)
    {
        if (!types.Contains(tensor.dtype)) throw new ArgumentException($"{name} is {tensor.dtype}, expected {string.Join(" or ", types.ToArray())}.", name);
    }

    private static void Device(Tensor first, Tensor tensor, string name)
    {
        if (tensor.device_type != first.device_type || tensor.device_index != first.device_index)
            throw new ArgumentException($"{name} is on {tensor.device}, but the others are on {first.device}.", name);
    }

    /// <summary>
    /// Throws when memory that is written is shared with any other argument. Tensors without storage of their own (meta) have no address to compare.
    /// </summary>
    private static void Disjoint(List<(string Name, Tensor? Tensor)> written, List<(string Name, Tensor? Tensor)> read)
    {
        var spans = new List<(long Start, long End, string Name, bool Written)>(written.Count + read.Count);
        Add(written, isWritten: true);
        Add(read, isWritten: false);
        spans.Sort();
        var reach = (End: long.MinValue, Name: "");
        var writtenReach = (End: long.MinValue, Name: "");
        foreach (var span in spans)
        {
            if (span.Start < reach.End && span.Written) throw Overlap(reach.Name, span.Name);
            if (span.Start < writtenReach.End) throw Overlap(writtenReach.Name, span.Name);
            if (span.End > reach.End) reach = (span.End, span.Name);
            if (span.Written && span.End > writtenReach.End) writtenReach = (span.End, span.Name);
        }

        void Add(List<(string Name, Tensor? Tensor)> tensors, bool isWritten)
        {
            foreach (var (name, t) in tensors)
            {
                if (t is null || t.numel() == 0 || t.device_type == DeviceType.META) continue;
                var start = (long)TensorMemory.Pointer(t);
                spans.Add((start, start + t.numel() * t.element_size(), name, isWritten));
            }
        }

        static ArgumentException Overlap(string one, string other) => new($"{one} and {other} share memory, and one of them is written.", other);
    }

    internal static string Text(long[] shape) => string.Join(", ", shape);
}
