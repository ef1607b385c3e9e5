using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Where a LoRA lies.</summary>
internal static class LoraPath
{
    private static readonly string[] s_names = ["pytorch_lora_weights.safetensors", "adapter_model.safetensors"];

    /// <summary>The file itself, or the one in a folder as diffusers or peft save it.</summary>
    /// <exception cref="CheckpointException">There is none, or only a pickle.</exception>
    internal static string FileOf(string path)
    {
        if (File.Exists(path)) return PickleRefusal.IsPickle(path) ? throw PickleRefusal.Of(path) : path;
        if (!Directory.Exists(path)) throw new CheckpointException($"There is no LoRA file '{path}'.");
        return s_names.Select(n => Path.Combine(path, n)).FirstOrDefault(File.Exists)
            ?? throw new CheckpointException($"The folder '{path}' has no LoRA: {string.Join(" or ", s_names)} is expected.");
    }
}
