using System.Text.Json.Nodes;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Tests.Infrastructure;

namespace StyleProtect.Tests.Schedulers;

/// <summary>The scheduler runs of the reference values.</summary>
internal static class GoldenRuns
{
    /// <summary>Configuration of a run: the manifest's base, overlaid with the run's own fields.</summary>
    internal static SchedulerConfig Config(JsonObject baseConfig, JsonObject? own = null, string? className = null)
    {
        var merged = (JsonObject)baseConfig.DeepClone();
        foreach (var (key, value) in own ?? []) merged[key] = value?.DeepClone();
        if (className is not null) merged["_class_name"] = className;
        return DiffusersConfig.Parse<SchedulerConfig>(merged.ToJsonString(), "manifest");
    }

    internal static JsonObject Manifest(string name)
    {
        var root = JsonNode.Parse(File.ReadAllText(Golden.PathOf("manifest.json")))!;
        return root["entries"]!.AsArray().First(e => e!["name"]!.GetValue<string>() == name)!.AsObject();
    }

    /// <summary>Names and classes of all runs.</summary>
    internal static IEnumerable<(string Name, string Class)> All() =>
        Manifest("sched/trajectories")["config"]!["runs"]!.AsObject().Select(r => (r.Key, r.Value!["cls"]!.GetValue<string>()));

    /// <summary>Names of the runs whose scheduler exists here.</summary>
    internal static IEnumerable<string> Supported() => All().Where(r => SchedulerFactory.ClassNames.Contains(r.Class)).Select(r => r.Name);
}
