using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>LoRA's adapters, in fp32; the model's own weights are not touched.</summary>
internal sealed class TrainedLora : ITrained
{
    private static readonly string[] s_attention = ["to_q", "to_k", "to_v", "to_out.0"], s_text = ["q_proj", "k_proj", "v_proj", "out_proj"];
    private static readonly string[] s_convolutions = ["conv1", "conv2", "proj_in", "proj_out"];

    internal TrainedLora(LatentDiffusionModel model, AttackOptions options)
    {
        using var generator = new Generator((ulong)options.Seed);
        string[] targets = [.. s_attention, .. options.LoraConvolutions ? s_convolutions : [], .. options.TrainTextEncoder ? s_text : []];
        Set = LoraSet.Create(LoraLayers.Of(model), targets, options.LoraRank, options.LoraAlpha ?? options.LoraRank, generator);
        Masters = [.. Set.Adapters.Values.SelectMany(a => new[] { a.Down, a.Up })];
        foreach (var matrix in Masters) matrix.requires_grad_(true);
    }

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
