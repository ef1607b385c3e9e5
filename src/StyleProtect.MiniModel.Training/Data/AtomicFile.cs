namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Files that appear whole or not at all.</summary>
internal static class AtomicFile
{
    internal static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + ".part";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }

    internal static void Write(string path, string text) => Write(path, System.Text.Encoding.UTF8.GetBytes(text));
}
