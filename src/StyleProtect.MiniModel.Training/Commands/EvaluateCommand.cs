using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using StyleProtect.Native;
using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>evaluate</c>: measures an exported model on pictures that no training saw.</summary>
internal static class EvaluateCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var model = new Option<DirectoryInfo>("--model") { Description = "Model folder in diffusers layout.", Required = true };
        var sheets = new Option<DirectoryInfo?>("--sheets") { Description = "Folder for pictures of reconstructions and samples." };
        var count = new Option<int>("--count") { Description = "Pictures a set.", DefaultValueFactory = _ => 128 };
        var classifiers = new Option<DirectoryInfo?>("--classifiers", "--judges")
        {
            Description = "Folder of the classifiers; without it style and content are not measured.",
        };
        var seeds = new Option<int>("--dreambooth")
        {
            Description = "Seeds of the fine-tuning on unseen styles (with --classifiers); 0 leaves it out.",
            DefaultValueFactory = _ => 3,
        };
        var guidance = new Option<double>("--guidance")
        {
            Description = "Weight of classifier-free guidance in samples of held-out pairs.",
            DefaultValueFactory = _ => 3
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of lines." };
        var command = new Command(
            "evaluate", "Prints reconstruction quality, denoising loss, what protection does to it, style and content accuracy; and draws sheets.")
        {
            data, model, classifiers, sheets, count, seeds, guidance, json,
        };
        command.SetAction(arguments =>
        {
            TorchRuntime.EnsureLoaded();
            using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
            using var evaluation = new ModelEvaluation(set, arguments.GetRequiredValue(model).FullName, arguments.GetValue(count));
            if (arguments.GetValue(sheets) is { } folder) evaluation.WriteSheets(folder.FullName, arguments.GetValue(guidance));
            var measured = evaluation.Measure(
                arguments.GetValue(classifiers)?.FullName, arguments.GetValue(sheets)?.FullName, arguments.GetValue(seeds), arguments.GetValue(guidance));
            if (arguments.GetValue(json)) Console.WriteLine(measured.ToJsonString(s_indented));
            else foreach (var line in Lines(measured, "")) Console.WriteLine(line);
        });
        return command;
    }

    /// <summary>Each value behind the names on the way to it.</summary>
    internal static IEnumerable<string> Lines(JsonNode? node, string name) => node switch
    {
        JsonObject o => o.SelectMany(p => Lines(p.Value, name.Length == 0 ? p.Key : $"{name}.{p.Key}")),
        JsonArray a when a.Any(x => x is JsonObject) => a.SelectMany((x, i) => Lines(x, $"{name}[{i}]")),
        _ => [$"{name}: {node?.ToJsonString() ?? "unknown"}"],
    };
}
