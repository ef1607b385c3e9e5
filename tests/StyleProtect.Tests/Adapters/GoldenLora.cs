using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Tests.Infrastructure;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>peft's adapters from a golden file.</summary>
internal static class GoldenLora
{
    internal static LoraSet Attach(Golden golden, string part, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        var matrices = golden.Under("lora.");
        var names = matrices.Keys.Select(k => k[..k.LastIndexOf(".lora_", StringComparison.Ordinal)]).Distinct(StringComparer.Ordinal);
        var rank = matrices.First(m => m.Key.EndsWith("lora_A.weight", StringComparison.Ordinal)).Value.shape[0];
        var alpha = golden.Entry["config"]?["cfg"]?["lora_alpha"]?.GetValue<double>() ?? rank;
        return new LoraSet(
            layers, [.. names.Select(n => KeyValuePair.Create($"{part}.{n}", new LoraAdapter(Matrix(n, "lora_A"), Matrix(n, "lora_B"), alpha)))]);

        Tensor Matrix(string name, string kind) => matrices[$"{name}.{kind}.weight"].DetachFromDisposeScope();
    }
}
