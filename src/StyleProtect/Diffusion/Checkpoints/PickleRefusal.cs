namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Why pickled weights are not read, and what to do instead.</summary>
internal static class PickleRefusal
{
    private static readonly string[] s_endings = [".bin", ".ckpt", ".pt", ".pth", ".pkl"];

    internal static bool IsPickle(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    internal static CheckpointException Of(string path)
    {
        var name = Path.GetFileName(path);
        var target = Path.GetFileNameWithoutExtension(path) switch
        {
            "pytorch_model" => "model",
            var stem => stem,
        };
        return new CheckpointException(
            $"'{path}' is a pickle and is not read: loading a pickle can execute any code that its author put in. Convert it once, on a machine where you " +
            "trust it, with Python: " +
            $"import torch, safetensors.torch as s; s.save_file({{k: v.clone().contiguous() for k, v in torch.load('{name}', map_location='cpu', " +
            $"weights_only=True).items()}}, '{target}.safetensors')");
    }
}
