namespace StyleProtect.Protection;

/// <summary>How a <see cref="IStyleProtector"/> is made.</summary>
public sealed class StyleProtectorOptions
{
    /// <summary>The model's folder in diffusers layout (<c>model_index.json</c> beside <c>unet/</c>, <c>vae/</c>, <c>text_encoder/</c>, <c>tokenizer/</c>, <c>scheduler/</c>).</summary>
    /// <value>The default is the embedded model of the StyleProtect.MiniModel package, when the application references it.</value>
    public string ModelPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "models", "mini");

    /// <summary>Where to compute.</summary>
    /// <value>The default is <see cref="ComputeDevice.Auto"/>.</value>
    public ComputeDevice Device { get; set; } = ComputeDevice.Auto;

    /// <summary>Settings of requests that bring none.</summary>
    public ProtectionOptions Defaults { get; set; } = new();
}
