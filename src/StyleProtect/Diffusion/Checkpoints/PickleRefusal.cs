namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Why pickled weights are not read, and what to do instead.</summary>
internal static class PickleRefusal
{
    internal const string Reason = "It is not read: loading a pickle can execute any code that its author put in.";

    private static readonly string[] s_endings = [".bin", ".ckpt", ".pt", ".pth", ".pkl"];

    internal static bool IsPickle(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    internal static CheckpointException Of(string path) => new(
        $"'{path}' is a pickle and is not read: loading a pickle can execute any code that its author put in. {Conversion(Path.GetFileName(path))}");

    /// <summary>How a pickle becomes a safetensors file.</summary>
    internal static string Conversion(string name)
    {
        var target = Path.GetFileNameWithoutExtension(name) switch
        {
            "pytorch_model" => "model",
            var stem => stem,
        };
        // A file that already has the ending must not be written over while it is read.
        if (name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)) target += "-converted";
        return "Use the .safetensors file of the same model where there is one, or convert it once, on a machine where you trust it, with Python: " +
            $"import torch, safetensors.torch as s; s.save_file({{k: v.clone().contiguous() for k, v in torch.load('{name}', map_location='cpu', " +
            $"weights_only=True).items()}}, '{target}.safetensors')";
    }
}
