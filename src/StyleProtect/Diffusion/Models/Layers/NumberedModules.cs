using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A container that only gives names, for lists of which diffusers fills some positions with layers that have no weights.</summary>
internal sealed class NumberedModules : Module
{
    internal NumberedModules(params (string Name, Module Module)[] children) : base(nameof(NumberedModules))
    {
        foreach (var (name, module) in children) register_module(name, module);
    }

    /// <summary>Registers modules under 0, 1, 2, ….</summary>
    internal static NumberedModules Of(IEnumerable<Module> modules) => new([.. modules.Select((m, i) => (i.ToString(), m))]);
}
