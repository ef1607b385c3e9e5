using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Tests.Shared;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

/// <summary>
/// The tiny model with a text encoder that mixes no tokens and gives style words ("oil", "sks") the upper half of the text's features and all others the lower half;
/// of all layers only one has K and V weights for the upper half.
/// </summary>
internal sealed class PlantedModel : IDisposable
{
    internal const string Planted = "up_blocks.1.attentions.1.transformer_blocks.0.attn2";
    private const int Half = 16;
    private static readonly long[] s_styles = [5, 7]; // oil, sks in the tiny model's vocabulary
    private readonly TinyModelFolder _folder;

    /// <param name="plants">False leaves the tiny model as it is: random weights.</param>
    internal PlantedModel(bool plants)
    {
        _folder = new TinyModelFolder(plants ? Plant : null);
        Model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder.Path), ScalarType.Float32, CPU);
        if (plants) PlantText();
    }

    internal LatentDiffusionModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    private static void Plant(Dictionary<string, Tensor> weights)
    {
        foreach (var (name, weight) in weights.Where(w => w.Key.Contains("attn2.to_k", StringComparison.Ordinal) || w.Key.Contains("attn2.to_v", StringComparison.Ordinal)))
        {
            var style = weight.narrow(1, Half, Half);
            if (name.StartsWith(Planted, StringComparison.Ordinal)) style.Mul_(4);
            else style.zero_();
        }

        // What the other layers say reaches the prediction only faintly, so their weights have little gradient.
        foreach (var (name, weight) in weights.Where(w => w.Key.Contains("attn2.to_out", StringComparison.Ordinal)))
            if (!name.StartsWith(Planted, StringComparison.Ordinal)) weight.Mul_(1e-3);
    }

    private void PlantText()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, p) in Model.TextEncoder.named_parameters())
        {
            if (name.Contains("out_proj", StringComparison.Ordinal) || name.Contains("fc2", StringComparison.Ordinal) || name.Contains("position", StringComparison.Ordinal)) p.zero_();
            if (name.Contains("final_layer_norm.weight", StringComparison.Ordinal)) p.Fill_(1);
            if (name.Contains("final_layer_norm.bias", StringComparison.Ordinal)) p.zero_();
            if (!name.Contains("token_embedding", StringComparison.Ordinal)) continue;
            // Each half has mean zero, so that the final norm scales and does not mix.
            p.narrow(1, 0, Half).sub_(p.narrow(1, 0, Half).mean([1L], keepdim: true));
            p.narrow(1, Half, Half).zero_();
            foreach (var id in s_styles)
            {
                p[id].narrow(0, Half, Half).copy_(p[id].narrow(0, 0, Half));
                p[id].narrow(0, 0, Half).zero_();
            }
        }
    }
}
