using System.Text.Json;

namespace StyleProtect.Evaluation;

/// <summary>The JSON files of an evaluation; each appears whole or not at all.</summary>
internal static class EvaluationJson
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    internal static void Write<T>(string path, T value) => WriteText(path, JsonSerializer.Serialize(value, s_json));

    internal static void WriteText(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }

    /// <summary>A file's value; null when there is no such file, or another program's or an older version's.</summary>
    internal static T? Read<T>(string path)
        where T : class
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
