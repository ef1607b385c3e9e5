using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Perception;

namespace StyleProtect.Cli.Backends;

/// <summary>Opens content encoders.</summary>
internal static class ContentEncoders
{
    /// <summary>The content head of a model that has one, else the encoder's own output.</summary>
    internal static IImageEncoder Open(string folder)
    {
        try
        {
            return ImageEncoders.Open(folder, EncoderHead.Content);
        }
        catch (CheckpointException)
        {
            return ImageEncoders.Open(folder);
        }
    }
}
