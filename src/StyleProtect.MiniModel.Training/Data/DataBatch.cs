using TorchSharp;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Pictures with what is known about them. Owns the tensor.</summary>
/// <param name="Images">float32 [batch, 3, size, size] in [-1, 1].</param>
/// <param name="Pictures">Index of each picture in the manifest.</param>
/// <param name="Contents">Index of each content, -1 where it has none.</param>
/// <param name="Styles">Index of each style.</param>
/// <param name="Captions">A caption of each picture; empty where it was dropped.</param>
internal sealed record DataBatch(
    torch.Tensor Images, IReadOnlyList<int> Pictures, IReadOnlyList<int> Contents, IReadOnlyList<int> Styles, IReadOnlyList<string> Captions) : IDisposable
{
    /// <summary>Token identifiers of the captions, int64 [batch, <see cref="Vocabulary.MaxLength"/>].</summary>
    internal torch.Tensor Tokens(Vocabulary vocabulary) =>
        torch.tensor(Captions.SelectMany(vocabulary.Encode).ToArray(), [Captions.Count, Vocabulary.MaxLength]);

    public void Dispose() => Images.Dispose();
}
