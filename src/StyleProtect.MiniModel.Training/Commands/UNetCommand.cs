using System.CommandLine;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>unet</c>: trains U-Net and text encoder on the trained autoencoder's latents.</summary>
internal static class UNetCommand
{
    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var output = new Option<DirectoryInfo>("--out")
        {
            Description = "Folder with the trained autoencoder; checkpoints and pictures go there.",
            Required = true
        };
        var from = new Option<DirectoryInfo>("--from") { Description = "Exported model whose autoencoder and weights a new training begins with." };
        var steps = new Option<long>("--steps") { Description = "Steps in all.", DefaultValueFactory = _ => 20000 };
        var batch = new Option<int>("--batch") { Description = "Pictures a step.", DefaultValueFactory = _ => 64 };
        var rate = new Option<double>("--rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 1e-3 };
        var views = new Option<int>("--views") { Description = "Augmented views of each picture.", DefaultValueFactory = _ => 3 };
        var peer = new Option<DirectoryInfo>("--peer")
        {
            Description = "Folder of a second training that begins with the same checkpoint and runs at the same time with the same settings: " +
                $"every {PeerAveraging.Every} steps both go on from the mean of their weights.",
        };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
        var fp32 = new Option<bool>("--fp32") { Description = "Compute in fp32 instead of bf16." };
        var command = new Command("unet", "Trains U-Net and text encoder; run again to resume.") { data, output, from, steps, batch, rate, views, peer,
            threads, fp32 };
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            set_num_threads(arguments.GetValue(threads));
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            var run = arguments.GetRequiredValue(output).FullName;
            if (arguments.GetValue(from) is { } exported) WarmStart.WriteCheckpoints(exported.FullName, run, set.Vocabulary);
            using var training = new UNetTraining(
                set, run, arguments.GetValue(fp32) ? ScalarType.Float32 : ScalarType.BFloat16, arguments.GetValue(views));
            training.Run(
                new TrainingSchedule(arguments.GetValue(rate), arguments.GetValue(steps)), arguments.GetValue(batch),
                arguments.GetValue(peer) is { } other ? new PeerAveraging(run, other.FullName) : null);
        });
        return command;
    }
}
