using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Diffusion.Training;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>What an attack learned, as a file that other tools read, and files of other tools as something to generate with.</summary>
internal static class LearnedFile
{
    internal static void Write(AttackRequest request, ITrained trained)
    {
        if (request.SaveLearned is not { } path) return;
        if (trained is TrainedLora lora) LoraFile.Write(path, lora.Set, request.LoraLayout);
        else if (trained is TrainedEmbedding embedding) EmbeddingFile.Write(path, request.Options.Placeholder, embedding.Vector);
    }

    /// <summary>Gives the model what is in the file, until the result is disposed. A file of one tensor is an embedding.</summary>
    internal static IDisposable? Use(AttackRequest request, LatentDiffusionModel model)
    {
        if (request.UseLearned is not { } path) return null;
        bool isEmbedding;
        using (var file = SafetensorsFile.Open(path)) isEmbedding = file.Entries.Count == 1;
        return isEmbedding ? new UsedEmbedding(model, path, request.Options.Placeholder) : LoraFile.Read(path, LoraLayers.Of(model));
    }

    private sealed class UsedEmbedding : IDisposable
    {
        private readonly Embedding _table;

        internal UsedEmbedding(LatentDiffusionModel model, string path, string word)
        {
            _table = model.TextEncoder.TokenEmbedding;
            _table.Override = new TokenOverride(
                TrainedEmbedding.TokenOf(model, word), EmbeddingFile.Read(path, _table.Weight.shape[1]).to(model.Device).DetachFromDisposeScope());
        }

        public void Dispose()
        {
            _table.Override!.Vector.Dispose();
            _table.Override = null;
        }
    }
}
