using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.MiniModel.Training.Data;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Tests;

public class WarmStartTests
{
    [Fact]
    public void Known_words_keep_their_embedding_wherever_they_stand()
    {
        using var old = Text(words: 4, length: 8, seed: 1);
        using var begun = Text(words: 5, length: 8, seed: 2);
        var fresh = Weight(begun, WarmStart.TokenEmbedding);
        WarmStart.Copy(
            old, new() { ["cat"] = 0, ["gone"] = 1, ["dog"] = 2, ["end"] = 3 }, begun, ["dog", "new", "cat", "newer", "end"], [WarmStart.TokenEmbedding]);
        float[][] before = Weight(old, WarmStart.TokenEmbedding), after = Weight(begun, WarmStart.TokenEmbedding);
        Assert.Equal(new[] { before[2], fresh[1], before[0], fresh[3], before[3] }, after);
        foreach (var (name, weight) in old.named_parameters().Where(p => p.name != WarmStart.TokenEmbedding))
            Assert.True(weight.eq(begun.get_parameter(name)!).all().item<bool>(), name);
    }

    [Fact]
    public void A_classifier_knows_its_classes_in_another_order()
    {
        using var old = Classifier(["noto", "fluent", "micah"], seed: 3);
        using var begun = Classifier(["micah", "croodles", "noto"], seed: 4);
        WarmStart.Copy(old, new() { ["noto"] = 0, ["fluent"] = 1, ["micah"] = 2 }, begun, begun.Config.Classes, ["head.weight", "head.bias"]);
        using var frozen = no_grad();
        using var pictures = rand([2, 3, 16, 16], generator: new Generator(5)).Mul(2).Sub(1);
        using Tensor before = old.forward(pictures), after = begun.forward(pictures);
        Assert.Equal(before.select(1, 0).data<float>().ToArray(), after.select(1, 2).data<float>().ToArray());
        Assert.Equal(before.select(1, 2).data<float>().ToArray(), after.select(1, 0).data<float>().ToArray());
        Assert.NotEqual(before.select(1, 1).data<float>().ToArray(), after.select(1, 1).data<float>().ToArray());
    }

    [Fact]
    public void A_classifier_that_looks_in_another_way_is_refused()
    {
        var classifiers = Path.Combine(AppContext.BaseDirectory, "models", "mini", "judges", "style");
        using var sharper = new ConvolutionalEncoder(new() { StemStride = 1, StatisticsOfEveryStage = true, Classes = ["noto"], OutputWidth = 1 });
        Assert.Contains(
            "stem_stride 2", Assert.Throws<ArgumentException>(() => WarmStart.CopyClassifier(classifiers, sharper)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exported_model_becomes_the_checkpoints_of_a_new_training()
    {
        var model = Path.Combine(AppContext.BaseDirectory, "models", "mini");
        var run = Path.Combine(Directory.CreateTempSubdirectory("warm-").FullName, "run");
        var vocabulary = Vocabulary.Build(["red apple", "zebra"], ["noto", "croodles"]);
        try
        {
            WarmStart.WriteCheckpoints(model, run, vocabulary);
            using var exported = SafetensorsFile.Open(ModelExport.WeightsOf(model, "vae"));
            using var begun = SafetensorsFile.Open(Path.Combine(run, AutoencoderTraining.CheckpointName));
            Assert.Equal("0", begun.Metadata["step"]);
            Assert.Equal(TrainedModule.PicturesOf(exported.Metadata), TrainedModule.PicturesOf(begun.Metadata));
            using var flat = begun.Read("master");
            Assert.Equal(exported.Entries.Values.Sum(e => e.Shape.Aggregate(1L, (x, y) => x * y)), flat.numel());
            File.Delete(Path.Combine(run, UNetTraining.CheckpointName));
            Assert.Contains(
                AutoencoderTraining.CheckpointName, Assert.Throws<InvalidOperationException>(() => WarmStart.WriteCheckpoints(model, run, vocabulary)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(run)!, recursive: true);
        }
    }

    [Fact]
    public void Weights_of_another_architecture_are_refused_by_name()
    {
        using var old = Text(words: 4, length: 8, seed: 1);
        using var longer = Text(words: 4, length: 9, seed: 1);
        using var classifier = Classifier(["noto"], seed: 1);
        var shape = Assert.Throws<ArgumentException>(() => WarmStart.Copy(old, [], longer, [], [WarmStart.TokenEmbedding]));
        Assert.Contains("'text_model.embeddings.position_embedding.weight' is [8, 128]", shape.Message, StringComparison.Ordinal);
        var name = Assert.Throws<ArgumentException>(() => WarmStart.Copy(classifier, [], old, [], []));
        Assert.Contains("text_model.", name.Message, StringComparison.Ordinal);
    }

    private static float[][] Weight(ClipTextModel model, string name) =>
        [.. model.get_parameter(name)!.detach().data<float>().ToArray().Chunk(ModelShapes.TextWidth)];

    private static ClipTextModel Text(int words, int length, ulong seed)
    {
        var model = new ClipTextModel(ModelShapes.Text(words, length, words - 1));
        using var generator = new Generator(seed);
        WeightInitializer.Initialize(model, generator);
        return model;
    }

    private static ConvolutionalEncoder Classifier(string[] classes, ulong seed)
    {
        var classifier = new ConvolutionalEncoder(new() { BlockOutChannels = [8, 16], SampleSize = 16, Classes = classes, OutputWidth = classes.Length });
        using var generator = new Generator(seed);
        WeightInitializer.Initialize(classifier, generator);
        return classifier;
    }
}
