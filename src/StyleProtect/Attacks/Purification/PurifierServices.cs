using StyleProtect.Diffusion;
using StyleProtect.Runtime;

namespace StyleProtect.Attacks.Purification;

/// <summary>What some purifiers need beyond the picture.</summary>
public sealed record PurifierServices
{
    /// <summary>Its diffusion model autoencodes and denoises (<c>vae</c>, <c>sdedit</c>, <c>gridpure</c>). Not disposed by purifiers.</summary>
    /// <value>The default is null: those purifiers are refused.</value>
    public ModelHost? Host { get; init; }

    /// <summary>What <c>noisy-upscale</c> enlarges with unless its text names a weights file.</summary>
    /// <value>The default is Lanczos interpolation to twice the size, which cleans nothing: the study behind the purifier used a learned upscaler.</value>
    public IUpscaler Upscaler { get; init; } = new LanczosUpscaler();

    /// <summary>Runs work on the diffusion model, on its own thread.</summary>
    /// <param name="kind">The purifier's name, for messages.</param>
    /// <param name="asksUNet">Whether it denoises.</param>
    /// <exception cref="ArgumentException">There is no model, or it has no U-Net.</exception>
    internal Func<Func<LatentDiffusionModel, T>, T> Model<T>(string kind, bool asksUNet = true)
    {
        var host = Host ?? throw new ArgumentException(
            $"The purifier '{kind}' works with a loaded diffusion model: set {nameof(PurifierServices)}.{nameof(Host)} (styleprotect evaluate does).",
            nameof(kind));
        return asksUNet && host.WithoutUNet is { } reason
            ? throw new ArgumentException($"The purifier '{kind}' asks the U-Net, and the model '{host.Source.Name}' has none: {reason}.", nameof(kind))
            : host.WithModel;
    }
}
