using StyleProtect.Diffusion.Adapters;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Training;

/// <summary>LoRA's adapters, in fp32; the model's own weights are not touched.</summary>
internal sealed class TrainedLora : ITrained
{
    private static readonly string[] s_attention = ["to_q", "to_k", "to_v", "to_out.0"], s_text = ["q_proj", "k_proj", "v_proj", "out_proj"];
    private static readonly string[] s_convolutions = ["conv1", "conv2", "proj_in", "proj_out"];

    /// <param name="model">The model; its U-Net's attention gets adapters.</param>
    /// <param name="rank">r.</param>
    /// <param name="alpha">α.</param>
    /// <param name="seed">Of the adapters' first values.</param>
    /// <param name="convolutions">Whether the U-Net's convolutions get some, too.</param>
    /// <param name="text">Whether the text encoder's attention gets some, too.</param>
    internal TrainedLora(LatentDiffusionModel model, int rank, double alpha, long seed, bool convolutions = false, bool text = false)
    {
        using var generator = new Generator((ulong)seed);
        string[] targets = [.. s_attention, .. convolutions ? s_convolutions : [], .. text ? s_text : []];
        Set = LoraSet.Create(LoraLayers.Of(model), targets, rank, alpha, generator);
        Masters = [.. Set.Adapters.Values.SelectMany(a => new[] { a.Down, a.Up })];
        foreach (var matrix in Masters) matrix.requires_grad_(true);
    }

    /// <summary>Whether a layer of the U-Net is one of attention's, which always get adapters.</summary>
    /// <param name="layer">Its name.</param>
    internal static bool IsAttention(string layer) => s_attention.Any(t => layer.EndsWith("." + t, StringComparison.Ordinal));

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
