namespace StyleProtect.Runtime;

/// <summary>Which model a <see cref="ModelHost"/> owns, and where it computes.</summary>
public class ModelHostOptions
{
    /// <summary>The largest <see cref="QueueLimit"/> that is accepted.</summary>
    public const int MaxQueueLimit = 100_000;

    /// <summary>
    /// The model's folder in diffusers layout (<c>model_index.json</c> beside <c>unet/</c>, <c>vae/</c>, <c>text_encoder/</c>, <c>tokenizer/</c>,
    /// <c>scheduler/</c>).
    /// </summary>
    /// <value>The default is the embedded model of the StyleProtect.MiniModel package, when the application references it.</value>
    public string ModelPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "models", "mini");

    /// <summary>Where to compute.</summary>
    /// <value>The default is <see cref="ComputeDevice.Auto"/>.</value>
    public ComputeDevice Device { get; set; } = ComputeDevice.Auto;

    /// <summary>Arithmetic of the frozen weights.</summary>
    /// <value>The default is <see cref="Precision.Auto"/>.</value>
    public Precision Precision { get; set; } = Precision.Auto;

    /// <summary>
    /// Jobs that may wait for the model, 1 to <see cref="MaxQueueLimit"/>; the running one does not count. One more is refused with
    /// <see cref="JobQueueFullException"/>.
    /// </summary>
    /// <value>The default is 64.</value>
    public int QueueLimit { get; set; } = 64;

    /// <summary>LoRAs that are merged into the weights when they are loaded, in this order. A file may occur several times; its strengths add up.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<LoraReference> Loras { get; set; } = [];

    /// <summary>What cannot work, one sentence each; empty when all is well.</summary>
    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(ModelPath)) yield return $"{nameof(ModelPath)} is empty; name a model folder in diffusers layout.";
        if (!Enum.IsDefined(Device)) yield return $"{nameof(Device)} is {Device}; it must be one of {string.Join(", ", Enum.GetNames<ComputeDevice>())}.";
        if (!Enum.IsDefined(Precision)) yield return $"{nameof(Precision)} is {Precision}; it must be one of {string.Join(", ", Enum.GetNames<Precision>())}.";
        for (var i = 0; i < Loras.Count; i++)
            if (Loras[i].Fault() is { } fault) yield return $"{nameof(Loras)}[{i}] {fault}";
        if (QueueLimit is < 1 or > MaxQueueLimit) yield return $"{nameof(QueueLimit)} is {QueueLimit}; it must be 1 to {MaxQueueLimit}.";
    }
}
