namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>Where the Hugging Face libraries keep their files: the environment variables of huggingface_hub, with the same precedence and defaults.</summary>
/// <param name="Read">Reads a variable; null where it is not set.</param>
internal sealed record HubPaths(Func<string, string?> Read)
{
    internal static HubPaths OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    internal string Home => PathOf("HF_HOME") ?? Path.Combine(PathOf("XDG_CACHE_HOME") ?? Path.Combine(UserHome, ".cache"), "huggingface");

    internal string CacheFolder => PathOf("HF_HUB_CACHE") ?? PathOf("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(Home, "hub");

    /// <summary>A variable's value without spaces around it; null where it is not set or blank.</summary>
    internal string? Text(string name) => Read(name) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>A variable that is a path, with <c>~</c> expanded.</summary>
    internal string? PathOf(string name) => Text(name) is { } path ? Expand(path) : null;

    internal string Expand(string path) => path is "~" ? UserHome
        : path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal) ? Path.Combine(UserHome, path[2..]) : path;

    private string UserHome => Text("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
}
