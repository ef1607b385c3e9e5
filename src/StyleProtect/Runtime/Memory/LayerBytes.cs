using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Runtime.Memory;

/// <summary>What the layers of U-Net and autoencoder keep and need, by the order of their operations and what libtorch's backward formulas read.</summary>
/// <param name="element">Bytes of an element: 2 in bf16, 4 in fp32.</param>
/// <param name="trained">What is trained: the gradient of a weight needs the layer's input, which a frozen layer does not keep.</param>
internal sealed class LayerBytes(int element, TrainedLayers trained = TrainedLayers.None)
{
    /// <summary>
    /// Maps of a residual block that the backward pass holds for a while beside the graph: gradients on their way, and oneDNN's copies in its own layout (more
    /// in fp32). Measured with
    /// MemoryPlanTests' model.
    /// </summary>
    private readonly int _work = element == 2 ? 12 : 20;

    /// <summary>
    /// A residual block: what its norms read, the joined input and the first convolution's output, and the sum. A frozen convolution keeps nothing.
    /// </summary>
    /// <param name="joined">Whether the input is first joined from two maps.</param>
    internal Activations Resnet(long inChannels, long outChannels, long positions, bool joined = false)
    {
        long wide = Math.Max(Padded(inChannels), Padded(outChannels));
        var whole = Of(positions, inChannels, (joined ? inChannels : 0) + Padded(outChannels) + outChannels, _work * wide);
        return whole with { Kept = whole.Kept + (positions * (Padded(inChannels) + Padded(outChannels)) * BytesOfConvolutionInput) };
    }

    /// <summary>
    /// A block of the TAESD family: what its two inner activations and the last one keep (of each the backward pass reads the output), and with a pooled branch
    /// four times as wide what its norm reads, the activation after it and the joined input.
    /// </summary>
    internal Activations TinyBlock(long channels, long positions, bool pools)
    {
        var wide = Padded(channels);
        var whole = Of(positions, channels, 3 * wide + channels, _work * wide);
        return pools ? whole with { Kept = whole.Kept + (element * positions * ((3 * 4 * channels) + channels)) } : whole;
    }

    /// <summary>
    /// A convolution with one map in and one out, which is all that is kept, on <paramref name="positions"/> in and <paramref name="after"/> out.
    /// </summary>
    internal Activations Convolution(long inChannels, long outChannels, long positions, long after)
    {
        var output = Padded(outChannels) * after;
        return new Activations(element * inChannels * positions, element * output, element * (Padded(inChannels) * positions + 2 * output));
    }

    /// <summary>A doubling: the convolution's output.</summary>
    internal Activations Upsample(long channels, long positions) => Of(positions, channels, 4 * channels, 8 * channels);

    /// <summary>Group norm, projection, blocks of self-attention, cross-attention and GEGLU, projection, sum.</summary>
    internal Activations Transformer(long channels, long positions, int blocks, int heads)
    {
        long scores = IsExplicit(positions) ? heads * positions * positions : 0;
        // Self-attention q (twice where it is scaled in front), k, v, output, sum; cross-attention q, output, sum; GEGLU 8 (in libtorch's form 4 more) + the
        // sum.
        var block = ((scores > 0 ? 18 : 17) + (element == 2 ? 0 : 4)) * channels * positions + scores;
        var inputs = channels * positions * ((2 * BytesOfConvolutionInput) + (blocks * BytesOfBlockInputs));
        return new Activations(
            element * channels * positions, (element * (2 * channels * positions + blocks * block)) + inputs,
            element * (16 * channels * positions + 2 * scores));
    }

    /// <summary>The autoencoder's attention over positions: norm, q, k, v, output, sum.</summary>
    internal Activations SpatialAttention(long channels, long positions)
    {
        long scores = IsExplicit(positions) ? positions * positions : 0;
        return new Activations(element * channels * positions, element * (7 * channels * positions + scores),
            element * (4 * channels * positions + 2 * scores));
    }

    // What a convolution keeps of an element of its input when it, or an adapter on it, is trained. Adapters compute in fp32.
    private int BytesOfConvolutionInput => trained switch { TrainedLayers.Weights => element, TrainedLayers.ConvolutionAdapters => sizeof(float), _ => 0 };

    // What the linear layers of a transformer block keep beside what the frozen block keeps, for each element of a map: the three norms' outputs, both
    // attentions' merged heads
    // and the GEGLU's output (4). Adapters on q, k, v and out keep the inputs of these; in bf16 each adapter makes its own fp32 copy.
    private int BytesOfBlockInputs => trained switch
    {
        TrainedLayers.Weights => 9 * element,
        TrainedLayers.None => 0,
        _ => (element == sizeof(float) ? 4 : 6) * sizeof(float),
    };

    // The form that AttentionCore takes: probabilities are kept only in bf16 between the limits of the fused kernel and of the chunked form.
    private bool IsExplicit(long positions) => element == 2 && positions is > 128 and <= AttentionCore.ExplicitKeys;

    private Activations Of(long positions, long input, long kept, long work) =>
        new(element * positions * input, element * positions * kept, element * positions * work);

    // As Conv2d pads.
    private static long Padded(long channels) => (channels + 31) / 32 * 32;
}

/// <summary>Which layers of a network are trained, as far as it decides what the graph keeps.</summary>
internal enum TrainedLayers
{
    /// <summary>None, or only what comes from the text (K and V of the cross-attention, an embedding): no map of a picture is kept for it.</summary>
    None,

    /// <summary>Adapters on the attention's projections.</summary>
    AttentionAdapters,

    /// <summary>Adapters on convolutions too.</summary>
    ConvolutionAdapters,

    /// <summary>All weights.</summary>
    Weights,
}
