using StyleProtect.Diffusion.Adapters;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Training;

/// <summary>LoRA's adapters, in fp32; the model's own weights are not touched.</summary>
internal sealed class TrainedLora : ITrained
{
    /// <summary>The projections of the U-Net's attention, which always get adapters.</summary>
    internal static IReadOnlyList<string> AttentionTargets { get; } = ["to_q", "to_k", "to_v", "to_out.0"];

    /// <summary>The U-Net's convolutions that can get adapters.</summary>
    internal static IReadOnlyList<string> ConvolutionTargets { get; } = ["conv1", "conv2", "proj_in", "proj_out"];

    /// <summary>The projections of the text encoder's attention.</summary>
    internal static IReadOnlyList<string> TextTargets { get; } = ["q_proj", "k_proj", "v_proj", "out_proj"];

    /// <param name="model">The model; its U-Net's attention gets adapters.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α.</param>
    /// <param name="seed">Of the adapters' first values.</param>
    /// <param name="convolutions">Whether the U-Net's convolutions get some, too.</param>
    /// <param name="text">Whether the text encoder's attention gets some, too.</param>
    internal TrainedLora(LatentDiffusionModel model, int rank, double alpha, long seed, bool convolutions = false, bool text = false)
    {
        using var generator = new Generator((ulong)seed);
        string[] targets = [.. AttentionTargets, .. convolutions ? ConvolutionTargets : [], .. text ? TextTargets : []];
        Set = LoraSet.Create(LoraLayers.Of(model), targets, rank, alpha, generator);
        Masters = [.. Set.Adapters.Values.SelectMany(a => new[] { a.Down, a.Up })];
        foreach (var matrix in Masters) matrix.requires_grad_(true);
    }

    /// <summary>Whether a layer of the U-Net is one of attention's, which always get adapters.</summary>
    /// <param name="layer">Its name.</param>
    internal static bool IsAttention(string layer) => AttentionTargets.Any(t => layer.EndsWith("." + t, StringComparison.Ordinal));

    internal LoraSet Set { get; }

    public IReadOnlyList<Tensor> Masters { get; }

    public IReadOnlyList<Tensor> Leaves => Masters;

    public void Publish()
    {
    }

    public void Dispose()
    {
        foreach (var matrix in Masters) matrix.grad = null;
        Set.Dispose();
    }
}
