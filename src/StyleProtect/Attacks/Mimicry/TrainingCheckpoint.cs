using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Training;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>
/// The state of a training in a folder: tensors in a safetensors file, and a JSON file that names it. Both are written under temporary names and renamed,
/// the JSON file last, so that an interruption at any moment leaves the state before or the state after.
/// </summary>
internal sealed class TrainingCheckpoint(AttackCheckpoints settings, string attack)
{
    private const string Schema = "styleprotect.attack-checkpoint/1", Index = "checkpoint.json";
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Takes over the folder's state.</summary>
    /// <returns>The losses of the steps that were made; empty when there is no state.</returns>
    /// <exception cref="AttackException">The state is another attack's, or damaged.</exception>
    internal IReadOnlyList<double> Restore(WeightOptimizer optimizer)
    {
        var path = Path.Combine(settings.Folder, Index);
        if (!File.Exists(path)) return [];
        try
        {
            var entry = JsonSerializer.Deserialize<Entry>(File.ReadAllText(path), s_json);
            if (entry is not { Schema: Schema, Losses.Count: > 0 })
                throw new AttackException($"'{path}' is not a checkpoint of an attack. Name another folder, or remove it.");
            if (entry.Attack != attack)
                throw new AttackException(
                    $"'{path}' belongs to an attack with other pictures, another model or other settings. Name another folder, or remove it.");
            using var file = SafetensorsFile.Open(Path.Combine(settings.Folder, Path.GetFileName(entry.State)));
            foreach (var (name, tensor) in optimizer.State)
                if (!file.Entries.TryGetValue(name, out var stored) || !stored.Shape.SequenceEqual(tensor.shape))
                    throw new SafetensorsException($"{file.Path} has no '{name}' of the shape that is trained.");
            optimizer.Restore(entry.Losses.Count, file.Read);
            return entry.Losses;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new AttackException($"The checkpoint '{path}' cannot be read: {e.Message} Remove the folder to begin anew.", e);
        }
    }

    /// <summary>Keeps the state after a step, if one is due.</summary>
    /// <exception cref="AttackException">It cannot be written.</exception>
    internal void Save(WeightOptimizer optimizer, IReadOnlyList<double> losses, int steps)
    {
        var step = losses.Count;
        if (step % settings.Every != 0 && step != steps) return;
        try
        {
            Directory.CreateDirectory(settings.Folder);
            var state = $"state-{step:000000}.safetensors";
            SafetensorsWriter.Write(Path.Combine(settings.Folder, state), optimizer.State);
            var index = Path.Combine(settings.Folder, Index);
            File.WriteAllText(index + ".tmp", JsonSerializer.Serialize(new Entry(Schema, attack, state, losses), s_json));
            File.Move(index + ".tmp", index, overwrite: true);
            foreach (var old in Directory.EnumerateFiles(settings.Folder, "state-*.safetensors").Where(f => Path.GetFileName(f) != state)) File.Delete(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AttackException($"The checkpoint cannot be written to '{settings.Folder}': {e.Message}", e);
        }
    }

    private sealed record Entry(string Schema, string Attack, string State, IReadOnlyList<double> Losses);
}
