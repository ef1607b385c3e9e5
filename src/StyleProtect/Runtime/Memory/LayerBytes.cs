using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Runtime.Memory;

/// <summary>What the layers of U-Net and autoencoder keep and need, by the order of their operations and what libtorch's backward formulas read.</summary>
/// <param name="element">Bytes of an element: 2 in bf16, 4 in fp32.</param>
internal sealed class LayerBytes(int element)
{
    /// <summary>
    /// Maps of a residual block that the backward pass holds for a while beside the graph: gradients on their way, and oneDNN's copies in its own layout (more in fp32). Measured with
    /// MemoryPlanTests' model.
    /// </summary>
    private readonly int _work = element == 2 ? 12 : 20;

    /// <summary>A residual block: what its norms read, the joined input and the first convolution's output, and the sum. A frozen convolution keeps nothing.</summary>
    /// <param name="joined">Whether the input is first joined from two maps.</param>
    internal Activations Resnet(long inChannels, long outChannels, long places, bool joined = false)
    {
        long wide = Math.Max(Padded(inChannels), Padded(outChannels));
        return Of(places, inChannels, (joined ? inChannels : 0) + Padded(outChannels) + outChannels, _work * wide);
    }

    /// <summary>A convolution with one map in and one out, which is all that is kept, on <paramref name="places"/> in and <paramref name="after"/> out.</summary>
    internal Activations Convolution(long inChannels, long outChannels, long places, long after)
    {
        var output = Padded(outChannels) * after;
        return new Activations(element * inChannels * places, element * output, element * (Padded(inChannels) * places + 2 * output));
    }

    /// <summary>A doubling: the convolution's output.</summary>
    internal Activations Upsample(long channels, long places) => Of(places, channels, 4 * channels, 8 * channels);

    /// <summary>Group norm, projection, blocks of self-attention, cross-attention and GEGLU, projection, sum.</summary>
    internal Activations Transformer(long channels, long places, int blocks, int heads)
    {
        long scores = IsExplicit(places) ? heads * places * places : 0;
        // Self-attention q (twice where it is scaled in front), k, v, output, sum; cross-attention q, output, sum; GEGLU 8 (in libtorch's form 4 more) + the sum.
        var block = ((scores > 0 ? 18 : 17) + (element == 2 ? 0 : 4)) * channels * places + scores;
        return new Activations(element * channels * places, element * (2 * channels * places + blocks * block), element * (16 * channels * places + 2 * scores));
    }

    /// <summary>The autoencoder's attention over places: norm, q, k, v, output, sum.</summary>
    internal Activations SpatialAttention(long channels, long places)
    {
        long scores = IsExplicit(places) ? places * places : 0;
        return new Activations(element * channels * places, element * (7 * channels * places + scores), element * (4 * channels * places + 2 * scores));
    }

    // The form that AttentionCore takes: probabilities are kept only in bf16 between the limits of the fused kernel and of the chunked form.
    private bool IsExplicit(long places) => element == 2 && places is > 128 and <= AttentionCore.ExplicitKeys;

    private Activations Of(long places, long input, long kept, long work) => new(element * places * input, element * places * kept, element * places * work);

    // As Conv2d pads.
    private static long Padded(long channels) => (channels + 31) / 32 * 32;
}
