namespace StyleProtect.Runtime;

/// <summary>Which model a <see cref="ModelHost"/> owns, and where it computes.</summary>
public class ModelHostOptions
{
    /// <summary>The most members of an ensemble.</summary>
    public const int MaxAutoencoders = 16;

    /// <summary>The largest <see cref="QueueLimit"/> that is accepted.</summary>
    public const int MaxQueueLimit = 100_000;

    /// <summary>
    /// The model: a folder in diffusers' layout (<c>model_index.json</c> beside <c>unet/</c>, <c>vae/</c>, …), a repository or snapshot of the Hugging Face
    /// cache, a single <c>.safetensors</c> checkpoint, or the folder or file of an autoencoder alone, which serves the methods that need no U-Net. Or a name
    /// that
    /// <see cref="Hub.ModelStore.Resolve"/> knows: of the catalogue (<c>sd15</c>), of a downloaded repository (<c>owner/name</c>), of something in
    /// <see cref="ModelFolders"/>. Nothing is downloaded.
    /// </summary>
    /// <value>The default is the embedded model of the StyleProtect.MiniModel package, when the application references it.</value>
    public string ModelPath { get; set; } = Path.Combine(AppContext.BaseDirectory, "models", "mini");

    /// <summary>
    /// The members of an ensemble, named as <see cref="ModelPath"/>: a protection then works against the autoencoders of all of them at once. Only their
    /// autoencoders are loaded, so only methods that need no U-Net can be used. With members, <see cref="ModelPath"/> is not used.
    /// </summary>
    /// <value>The default is empty: the host owns the model of <see cref="ModelPath"/>.</value>
    public IList<string> Autoencoders { get; set; } = [];

    /// <summary>Folders with models of your own, whose files and folders can then be named without their path. <c>STYLEPROTECT_MODELS</c> adds
    /// others.</summary>
    /// <value>The default is empty.</value>
    public IList<string> ModelFolders { get; set; } = [];

    /// <summary>Folder or file of an autoencoder that replaces the model's own; null for none.</summary>
    public string? VaePath { get; set; }

    /// <summary>The variant of the weights in the files' names, as in <c>fp16</c>.</summary>
    /// <value>Null takes the best one of each part: the plain weights where they are there.</value>
    public string? Variant { get; set; }

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
        if (string.IsNullOrWhiteSpace(ModelPath)) yield return $"{nameof(ModelPath)} is empty; name a model's folder or file.";
        if (Autoencoders is null || Autoencoders.Any(string.IsNullOrWhiteSpace))
            yield return $"{nameof(Autoencoders)} has an empty member; name the folder or file of each.";
        else if (Autoencoders.Count > MaxAutoencoders)
            yield return $"{nameof(Autoencoders)} has {Autoencoders.Count} members; at most {MaxAutoencoders} are possible.";
        else if (VaePath is not null && Autoencoders.Count > 1) yield return $"{nameof(VaePath)} replaces the autoencoder of one model, not of an ensemble.";
        if (!Enum.IsDefined(Device)) yield return $"{nameof(Device)} is {Device}; it must be one of {string.Join(", ", Enum.GetNames<ComputeDevice>())}.";
        if (!Enum.IsDefined(Precision)) yield return $"{nameof(Precision)} is {Precision}; it must be one of {string.Join(", ", Enum.GetNames<Precision>())}.";
        for (var i = 0; i < Loras.Count; i++)
            if (Loras[i].Fault() is { } fault) yield return $"{nameof(Loras)}[{i}] {fault}";
        if (QueueLimit is < 1 or > MaxQueueLimit) yield return $"{nameof(QueueLimit)} is {QueueLimit}; it must be 1 to {MaxQueueLimit}.";
    }
}
