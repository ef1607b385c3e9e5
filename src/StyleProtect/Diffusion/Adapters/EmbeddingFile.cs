using StyleProtect.Diffusion.Checkpoints;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>A learned embedding as diffusers writes it and AUTOMATIC1111 and ComfyUI read it too: one tensor [1, features], named by its token.</summary>
internal static class EmbeddingFile
{
    /// <summary>Writes an embedding; a file that exists is replaced.</summary>
    internal static void Write(string path, string token, Tensor vector)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(
            path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { [token] = vector.detach().unsqueeze(0) },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
    }

    /// <summary>Reads an embedding, whatever the name of its token (AUTOMATIC1111 writes <c>emb_params</c>).</summary>
    /// <param name="path">The file.</param>
    /// <param name="features">Width of the model's text embeddings.</param>
    /// <returns>[features], fp32; owned by the caller's dispose scope.</returns>
    /// <exception cref="CheckpointException">It is not an embedding of one vector of this width.</exception>
    /// <exception cref="SafetensorsException">The file is damaged.</exception>
    internal static Tensor Read(string path, long features)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        if (file.Entries.Count != 1) throw new CheckpointException($"{path}: a learned embedding is one tensor, the file has {file.Entries.Count}.");
        var entry = file.Entries.Values.Single();
        if (!entry.Shape.SequenceEqual([features]) && !entry.Shape.SequenceEqual([1, features]))
            throw new CheckpointException(
                $"{path}: '{SafetensorsHeader.Shown(entry.Name)}' has the shape [{string.Join(", ", entry.Shape)}]; one vector of {features} numbers fits " +
                "this model.");
        return file.Read(entry.Name).to(float32).reshape(features).MoveToOuterDisposeScope();
    }
}
