using System.CommandLine;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>export</c>: writes the trained model in diffusers layout.</summary>
internal static class ExportCommand
{
    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var run = new Option<DirectoryInfo>("--run") { Description = "Folder of the training.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "Model folder to write.", Required = true };
        var command = new Command("export", "Writes the trained model as a folder in diffusers layout, weights in fp16.") { data, run, output };
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            using var training = new UNetTraining(set, arguments.GetRequiredValue(run).FullName, ScalarType.Float32, views: null);
            training.Export(arguments.GetRequiredValue(output).FullName);
        });
        return command;
    }
}
