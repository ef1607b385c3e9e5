using System.CommandLine;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>autoencoder</c>: trains the autoencoder.</summary>
internal static class AutoencoderCommand
{
    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "Folder for checkpoints, the loss curve and pictures.", Required = true };
        var steps = new Option<long>("--steps") { Description = "Steps in all.", DefaultValueFactory = _ => 12000 };
        var batch = new Option<int>("--batch") { Description = "Pictures a step.", DefaultValueFactory = _ => 16 };
        var rate = new Option<double>("--rate") { Description = "Peak learning rate.", DefaultValueFactory = _ => 1e-3 };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
        var fp32 = new Option<bool>("--fp32") { Description = "Compute in fp32 instead of bf16." };
        var command = new Command("autoencoder", "Trains the autoencoder; run again to resume.") { data, output, steps, batch, rate, threads, fp32 };
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            set_num_threads(arguments.GetValue(threads));
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            using var training = new AutoencoderTraining(
                set, arguments.GetRequiredValue(output).FullName, arguments.GetValue(fp32) ? ScalarType.Float32 : ScalarType.BFloat16);
            training.Run(new TrainingSchedule(arguments.GetValue(rate), arguments.GetValue(steps)), arguments.GetValue(batch));
        });
        return command;
    }
}
