using System.CommandLine;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Classifiers;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>judge</c>: trains one judge and writes it.</summary>
internal static class JudgeCommand
{
    internal static Command Create()
    {
        var name = new Argument<string>("judge") { Description = $"Which judge: {string.Join(", ", JudgeTask.Names)}." };
        name.AcceptOnlyFromAmong([.. JudgeTask.Names]);
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var folder = new Option<DirectoryInfo>("--out") { Description = "Folder for checkpoints and curves.", Required = true };
        var export = new Option<DirectoryInfo>("--export") { Description = "Folder of judges to write the trained one to.", Required = true };
        var steps = new Option<long>("--steps") { Description = "Steps in all.", DefaultValueFactory = _ => 2000 };
        var batch = new Option<int>("--batch") { Description = "Pictures a step.", DefaultValueFactory = _ => 64 };
        var rate = new Option<double>("--rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 2e-3 };
        var model = new Option<DirectoryInfo>("--model") { Description = "Exported model through whose autoencoder half of the pictures go first, as painted ones do." };
        var everyPixel = new Option<bool>("--every-pixel") { Description = "The first convolution looks at every pixel: a sharper judge, at a third less speed." };
        var from = new Option<DirectoryInfo>("--from") { Description = "Exported judge whose weights a new training begins with." };
        var command = new Command("judge", "Trains a judge (style, content, style-encoder); run again to resume.") { name, data, folder, export, steps, batch, rate, model, everyPixel, from };
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            set_num_threads(1);
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            var output = arguments.GetRequiredValue(folder).FullName;
            using var painter = arguments.GetValue(model) is { } given ? LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(given.FullName), ScalarType.BFloat16, CPU) : null;
            using var reconstructed = painter is null ? null : ReconstructedPictures.OpenOrBuild(set, painter, Hash(arguments.GetRequiredValue(model).FullName), output, ModelShapes.PictureSize);
            using var training = new JudgeTraining(set, JudgeTask.Create(arguments.GetRequiredValue(name), set), output, reconstructed, arguments.GetValue(everyPixel), arguments.GetValue(from)?.FullName);
            training.Run(new TrainingSchedule(arguments.GetValue(rate), arguments.GetValue(steps)), arguments.GetValue(batch));
            training.Export(arguments.GetRequiredValue(export).FullName);
            Console.WriteLine($"test accuracy {training.TestAccuracy(null):p1}" + (painter is null ? "" : $", after the autoencoder {training.TestAccuracy(p => ReconstructedPictures.RoundTrip(painter, p)):p1}"));
        });
        return command;

        static string Hash(string modelFolder) => ModelHash.Of(LatentDiffusionLoader.WeightsFiles(LatentDiffusionLoader.Open(modelFolder)));
    }
}
