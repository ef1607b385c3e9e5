namespace StyleProtect.Testing;

/// <summary>The checkout of the repository that the tests were built in.</summary>
internal static class Checkout
{
    /// <summary>Its folder.</summary>
    internal static string Folder { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "StyleProtect.Library.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} does not lie in a checkout of the repository.");
    }
}
