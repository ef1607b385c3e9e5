using System.Text.Json.Nodes;
using StyleProtect.Diffusion;
using StyleProtect.Kernels;
using StyleProtect.Tests.Shared;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Layers;

/// <summary>
/// The tiny model with a text encoder that mixes no tokens and gives style words ("oil", "sks") the upper half of the text's features and all others the lower
/// half; of all layers only one has K and V weights for the upper half, and its queries point to where the keys of style words lie.
/// </summary>
internal sealed class PlantedModel : IDisposable
{
    internal const string Planted = "up_blocks.1.attentions.1.transformer_blocks.0.attn2";
    private const int Half = 16;
    private const double Strength = 4; // score of a style word's key against the mean query
    private static readonly long[] s_styles = [5, 7]; // oil, sks in the tiny model's vocabulary
    private readonly TinyModelFolder _folder;

    /// <param name="plant">What is planted.</param>
    /// <param name="seed">Of the random vectors that <see cref="Plant.RandomWords"/> gives the words; 0 leaves the tiny model's own.</param>
    internal PlantedModel(Plant plant, int seed = 0)
    {
        var planted = plant is Plant.Style or Plant.StyleAlone;
        _folder = new TinyModelFolder(planted ? weights => PlantValues(weights, plant == Plant.Style ? 1e-3 : 0) : null);
        AddWords(Path.Combine(_folder.Path, "tokenizer", "vocab.json"));
        Model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(_folder.Path), ScalarType.Float32, CPU);
        if (plant != Plant.None) SeparateTokens();
        if (seed != 0) DrawWords(seed);
        if (!planted) return;
        PlantText();
        PlantAttention();
    }

    internal LatentDiffusionModel Model { get; }

    /// <summary>Words beside the tiny model's nine, each one token.</summary>
    internal static IReadOnlyList<string> MoreWords { get; } =
        [.. Enumerable.Range(0, 80).Select(i => $"word{(char)('a' + (i / 10))}{(char)('a' + (i % 10))}")];

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }

    private static void AddWords(string path)
    {
        var vocabulary = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        // After the tiny model's own words; 96 to 98 are its special tokens.
        for (var i = 0; i < MoreWords.Count; i++) vocabulary[MoreWords[i]] = 10 + i;
        File.WriteAllText(path, vocabulary.ToJsonString());
    }

    private void DrawWords(int seed)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var words = Model.TextEncoder.TokenEmbedding.Weight;
        words.copy_(randn(words.shape, generator: generator).Mul(words.std().item<float>()));
    }

    private static void PlantValues(Dictionary<string, Tensor> weights, double others)
    {
        foreach (
            var (name, weight) in weights.Where(
                w => w.Key.Contains("attn2.to_k", StringComparison.Ordinal) || w.Key.Contains("attn2.to_v", StringComparison.Ordinal)))
        {
            var style = weight.narrow(1, Half, Half);
            if (name.StartsWith(Planted, StringComparison.Ordinal)) style.Mul_(4);
            else style.zero_();
        }

        // What the other layers say reaches the prediction only faintly or not at all, so their weights have little or no gradient.
        foreach (var (name, weight) in weights.Where(w => w.Key.Contains("attn2.to_out", StringComparison.Ordinal)))
            if (!name.StartsWith(Planted, StringComparison.Ordinal)) weight.Mul_(others);
    }

    /// <summary>
    /// Keys of style words along the mean query: then attention on them is high, not only different. (Random keys are met as often from the front as from
    /// behind.)
    /// </summary>
    private void PlantAttention()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var layer = Model.UNet.CrossAttentionLayers().Single(l => l.Name == Planted).Attention;
        Model.UNet.named_parameters().Single(p => p.name == Planted.Replace("attn2", "norm2.bias", StringComparison.Ordinal)).parameter.Fill_(2);
        var query = layer.Query.Weight.sum(1).Mul(2).view(layer.Heads, -1);
        var key = query.Mul(Strength * Math.Sqrt(query.shape[1])) / query.Square().sum(1, keepdim: true);
        // The final norm gives a style word's features the length √32.
        var words = s_styles.Select(id => Model.TextEncoder.TokenEmbedding.Weight[id].narrow(0, Half, Half))
            .Select(w => w.Div(w.norm().item<float>() * Math.Sqrt(2 * Half))).ToArray();
        layer.Key.Weight.narrow(1, Half, Half).copy_(outer(key.flatten(), words[0].Add(words[1])));
    }

    /// <summary>A token's embedding is a random vector of its own, whatever stands before it and wherever it stands.</summary>
    private void SeparateTokens()
    {
        using var frozen = no_grad();
        foreach (var (name, p) in Model.TextEncoder.named_parameters())
            if (name.Contains("out_proj", StringComparison.Ordinal) || name.Contains("fc2", StringComparison.Ordinal) ||
                name.Contains("position", StringComparison.Ordinal))
                p.zero_();
    }

    private void PlantText()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, p) in Model.TextEncoder.named_parameters())
        {
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
