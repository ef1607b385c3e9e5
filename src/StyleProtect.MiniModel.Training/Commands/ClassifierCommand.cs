using System.CommandLine;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Classifiers;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>classifier</c> (before: <c>judge</c>): trains one classifier, or the style encoder, and writes it.</summary>
internal static class ClassifierCommand
{
    internal static Command Create()
    {
        var name = new Argument<string>("classifier") { Description = $"Which classifier: {string.Join(", ", ClassifierTask.Names)}." };
        name.AcceptOnlyFromAmong([.. ClassifierTask.Names]);
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var folder = new Option<DirectoryInfo>("--out") { Description = "Folder for checkpoints and curves.", Required = true };
        var export = new Option<DirectoryInfo>("--export")
        {
            Description = "Folder to write the trained one to; in an exported model it is named judges.",
            Required = true
        };
        var steps = new Option<long>("--steps") { Description = "Steps in all.", DefaultValueFactory = _ => 2000 };
        var batch = new Option<int>("--batch") { Description = "Pictures a step.", DefaultValueFactory = _ => 64 };
        var rate = new Option<double>("--rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 2e-3 };
        var model = new Option<DirectoryInfo>("--model")
        {
            Description = "Exported model through whose autoencoder half of the pictures go first, as generated ones do.",
        };
        var everyPixel = new Option<bool>("--every-pixel")
        {
            Description = "The first convolution looks at every pixel: a sharper classifier, at a third less speed.",
        };
        var from = new Option<DirectoryInfo>("--from") { Description = "Exported classifier whose weights a new training begins with." };
        var command = new Command("classifier", "Trains a classifier (style, content) or the style encoder; run again to resume.")
        {
            name, data, folder, export, steps, batch, rate, model, everyPixel, from,
        };
        command.Aliases.Add("judge");
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            set_num_threads(1);
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            var output = arguments.GetRequiredValue(folder).FullName;
            var exported = arguments.GetValue(model) is { } given ? LatentDiffusionLoader.Open(given.FullName) : null;
            using var generator = exported is null ? null : LatentDiffusionLoader.Load(exported, ScalarType.BFloat16, CPU);
            using var reconstructed = generator is null
                ? null
                : ReconstructedPictures.OpenOrBuild(
                    set, generator, ModelHash.Of(LatentDiffusionLoader.WeightsFiles(exported!)), output, ModelShapes.PictureSize);
            var task = ClassifierTask.Create(arguments.GetRequiredValue(name), set);
            using var training = new ClassifierTraining(
                set, task, output, reconstructed, arguments.GetValue(everyPixel), arguments.GetValue(from)?.FullName);
            training.Run(new TrainingSchedule(arguments.GetValue(rate), arguments.GetValue(steps)), arguments.GetValue(batch));
            training.Export(arguments.GetRequiredValue(export).FullName);
            var after = generator is null ? "" : $", after the autoencoder {training.TestAccuracy(p => ReconstructedPictures.RoundTrip(generator, p)):p1}";
            Console.WriteLine($"test accuracy {training.TestAccuracy(null):p1}{after}");
        });
        return command;
    }
}
