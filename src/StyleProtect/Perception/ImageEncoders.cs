using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;

namespace StyleProtect.Perception;

/// <summary>Opens image encoders.</summary>
public static class ImageEncoders
{
    /// <summary>Where a model folder of this project keeps its style encoder.</summary>
    /// <param name="modelFolder">The model's folder.</param>
    public static string StyleEncoderOf(string modelFolder) => Path.Combine(modelFolder, "judges", "style-encoder");

    /// <summary>Opens an encoder that this project's training wrote: <c>config.json</c> beside <c>model.safetensors</c>.</summary>
    /// <param name="folder">The encoder's folder.</param>
    /// <exception cref="CheckpointException">The folder is missing, damaged, or of another kind.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    public static IImageEncoder Open(string folder)
    {
        TorchRuntime.EnsureLoaded();
        return ConvolutionalImageEncoder.Open(folder);
    }
}
