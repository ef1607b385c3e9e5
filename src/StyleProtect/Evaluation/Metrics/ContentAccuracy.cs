using System.Security.Cryptography;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Evaluation.Metrics;

/// <summary>
/// Share of the generated pictures that show what their prompt asks for, by a classifier of contents. A prompt asks for the longest of the classifier's classes
/// that stands in it word for word; prompts without one do not count.
/// </summary>
public sealed class ContentAccuracy : IGenerationMetric, IDisposable
{
    internal const string Key = "content";
    private readonly PictureClassifier _classifier;

    private ContentAccuracy(PictureClassifier classifier, string identity)
    {
        _classifier = classifier;
        Info = new MetricInfo(
            Key, "content accuracy", $"Share of the pictures that show what their prompt asks for, by a classifier of {classifier.Classes.Count} contents.")
        {
            Identity = identity,
            Format = "0",
            Scale = 100,
            Unit = " %",
        };
    }

    /// <inheritdoc/>
    public MetricInfo Info { get; }

    /// <summary>Where a model folder of this project keeps its classifier of contents.</summary>
    /// <param name="modelFolder">The model's folder.</param>
    public static string ClassifierOf(string modelFolder) => Path.Combine(modelFolder, "judges", "content");

    /// <summary>Opens a classifier that this project trained: <c>config.json</c> with its classes beside <c>model.safetensors</c>.</summary>
    /// <param name="folder">The classifier's folder.</param>
    /// <exception cref="CheckpointException">The folder is missing, damaged, or holds no classifier.</exception>
    /// <exception cref="SafetensorsException">The weights file is damaged.</exception>
    public static ContentAccuracy Open(string folder)
    {
        TorchRuntime.EnsureLoaded();
        var classifier = PictureClassifier.Open(folder);
        using var weights = File.OpenRead(Path.Combine(folder, "model.safetensors"));
        return new ContentAccuracy(classifier, Convert.ToHexStringLower(SHA256.HashData(weights))[..16]);
    }

    /// <inheritdoc/>
    public double? Compute(GeneratedPictures generated)
    {
        ArgumentNullException.ThrowIfNull(generated);
        var (asked, right) = (0, 0);
        for (var i = 0; i < generated.Pictures.Count; i++)
        {
            if (ClassOf(generated.Prompts[i]) is not { } wanted) continue;
            using var scope = NewDisposeScope();
            asked++;
            if (_classifier.Probabilities(PicturePlanes.Of(generated.Pictures[i]).unsqueeze(0)).argmax(1).item<long>() == wanted) right++;
        }

        return asked > 0 ? (double)right / asked : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _classifier.Dispose();

    /// <summary>Index of the class that a prompt asks for; null when it names none.</summary>
    internal int? ClassOf(string prompt)
    {
        var words = $" {string.Join(' ', prompt.Split([' ', ',', '.', ';', ':', '!', '?'], StringSplitOptions.RemoveEmptyEntries))} ";
        var named = _classifier.Classes.Where(c => words.Contains($" {c} ", StringComparison.OrdinalIgnoreCase)).MaxBy(c => c.Length);
        return named is null ? null : _classifier.IndexOf(named);
    }
}
