using System.Text.Json;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Perception;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.MiniModel.Training;

/// <summary>Begins a training with exported weights: no moments, step 0. Words and classes that they do not know yet begin as in any new training.</summary>
internal static class WarmStart
{
    internal const string TokenEmbedding = "text_model.embeddings.token_embedding.weight";
    private static readonly string[] s_classRows = ["head.weight", "head.bias"];

    /// <summary>Writes the checkpoints of autoencoder, U-Net and text encoder; a run that has both goes on with its own.</summary>
    /// <param name="model">Folder of the exported model.</param>
    /// <param name="run">Folder of the training.</param>
    /// <param name="vocabulary">Words of the data set, which may be more than the model's, or in another order.</param>
    internal static void WriteCheckpoints(string model, string run, Vocabulary vocabulary)
    {
        string autoencoder = Path.Combine(run, AutoencoderTraining.CheckpointName), unet = Path.Combine(run, UNetTraining.CheckpointName);
        if (File.Exists(autoencoder) && File.Exists(unet)) return;
        // Latents of one autoencoder mean nothing to a U-Net of another.
        if ((File.Exists(autoencoder) ? autoencoder : File.Exists(unet) ? unet : null) is { } alone)
            throw new InvalidOperationException($"'{alone}' is there without the other checkpoint of the run: --from begins with both, in an empty folder.");
        Directory.CreateDirectory(run);
        using var exported = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(model), ScalarType.Float32, CPU);
        Save(exported.Autoencoder.Network.Network, PicturesIn(ModelExport.WeightsOf(model, "vae")), autoencoder);
        using var text = new ClipTextModel(ModelShapes.Text(vocabulary.Count, Vocabulary.MaxLength, vocabulary.EndId));
        using var generator = new Generator(31);
        WeightInitializer.Initialize(text, generator);
        Copy(exported.TextEncoder, Words(model), text, vocabulary.Tokens, [TokenEmbedding]);
        Save(new NumberedModules(("unet", exported.UNet), ("text_encoder", text)), PicturesIn(ModelExport.WeightsOf(model, "unet")), unet);
    }

    /// <summary>Copies an exported classifier's weights.</summary>
    /// <param name="folder">Folder of the exported classifier.</param>
    /// <param name="classifier">A new classifier of the same widths; classes that the exported one does not have keep what they have.</param>
    /// <returns>How many pictures the exported one has learned from; null when it does not say.</returns>
    /// <exception cref="ArgumentException">The exported classifier looks at pictures in another way.</exception>
    internal static long? CopyClassifier(string folder, ConvolutionalEncoder classifier)
    {
        using var exported = ConvolutionalImages.Load(folder);
        // These change no weight's shape, but what the weights see.
        ConvolutionalEncoderConfig old = exported.Config, now = classifier.Config;
        if (
            (old.StemStride, old.SampleSize, old.StatisticsOfEveryStage, old.NormNumGroups) != (
                now.StemStride, now.SampleSize, now.StatisticsOfEveryStage, now.NormNumGroups))
            throw new ArgumentException(
                $"'{folder}' is a classifier with stem_stride {old.StemStride}, sample_size {old.SampleSize}; one with {now.StemStride} and " +
                $"{now.SampleSize} cannot begin with its weights.", nameof(folder));
        Copy(
            exported, exported.Config.Classes.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal), classifier, classifier.Config.Classes,
            classifier.Config.Classes.Count > 0 ? s_classRows : []);
        return PicturesIn(Path.Combine(folder, "model.safetensors"));
    }

    /// <summary>Copies all weights, those with a row for each word or class row by row.</summary>
    /// <param name="from">Weights to take.</param>
    /// <param name="known">Row of each word or class in <paramref name="from"/>.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="names">Words or classes of the rows in <paramref name="to"/>.</param>
    /// <param name="byRow">Weights with a row for each word or class.</param>
    /// <exception cref="ArgumentException">A weight is missing or of another shape.</exception>
    internal static void Copy(Module from, Dictionary<string, int> known, Module to, IReadOnlyList<string> names, string[] byRow)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var source = from.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter, StringComparer.Ordinal);
        foreach (var (name, parameter) in to.named_parameters())
        {
            if (!source.TryGetValue(name, out var taken))
                throw new ArgumentException($"The exported weights have no '{name}': they belong to another architecture.", nameof(from));
            if (byRow.Contains(name, StringComparer.Ordinal))
            {
                foreach (var (row, word) in names.Index())
                    if (known.TryGetValue(word, out var old)) parameter.select(0, row).copy_(taken.select(0, old));
            }
            else if (!taken.shape.SequenceEqual(parameter.shape))
            {
                throw new ArgumentException(
                    $"'{name}' is [{string.Join(", ", taken.shape)}] in the exported weights and [{string.Join(", ", parameter.shape)}] here: they belong " +
                    "to another architecture.", nameof(from));
            }
            else
            {
                parameter.copy_(taken);
            }
        }
    }

    private static Dictionary<string, int> Words(string model)
    {
        var path = Path.Combine(model, "tokenizer", "vocab.json");
        return JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(path)) ?? throw new DataSetException($"'{path}' has no words.");
    }

    private static long? PicturesIn(string weights)
    {
        using var file = SafetensorsFile.Open(weights);
        return TrainedModule.PicturesOf(file.Metadata);
    }

    private static void Save(Module module, long? pictures, string path)
    {
        using var trained = new TrainedModule(module, pictures);
        trained.Save(path);
    }
}
