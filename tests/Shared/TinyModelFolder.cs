using StyleProtect.Native;
using StyleProtect.Testing;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Shared;

/// <summary>
/// A whole tiny model (<see cref="GoldenModelFolder.WriteStableDiffusion1"/>, or <see cref="GoldenModelFolder.WriteStableDiffusion2"/> where layers do not
/// matter) that protects in milliseconds; gone after the test.
/// </summary>
internal sealed class TinyModelFolder : IDisposable
{
    /// <summary>Side of the pictures that the model sees.</summary>
    internal const int PictureSize = 32;

    /// <summary>Writes the model.</summary>
    /// <param name="spoil">Changes the U-Net's weights before they are written.</param>
    /// <param name="scheduler">The scheduler's configuration; null for Stable Diffusion's noise schedule.</param>
    /// <param name="twoLevels">Whether the U-Net has two levels and four cross-attention layers in place of four and sixteen.</param>
    internal TinyModelFolder(Action<Dictionary<string, Tensor>>? spoil = null, string? scheduler = null, bool twoLevels = false)
    {
        TorchRuntime.EnsureLoaded();
        if (twoLevels) GoldenModelFolder.WriteStableDiffusion2(Path, spoil);
        else GoldenModelFolder.WriteStableDiffusion1(Path, spoil);
        if (scheduler is not null) File.WriteAllText(System.IO.Path.Combine(Path, "scheduler", "scheduler_config.json"), scheduler);
    }

    /// <summary>The folder.</summary>
    internal string Path { get; } = Directory.CreateTempSubdirectory("styleprotect-model-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
