namespace StyleProtect.Cli.Protecting;

/// <summary>Where a picture comes from and where its protected copy goes.</summary>
/// <param name="Input">The picture.</param>
/// <param name="Output">The protected copy.</param>
internal sealed record PlannedPicture(PictureInput Input, string Output)
{
    /// <summary>The JSON file beside the protected copy.</summary>
    internal string Sidecar => Output + SidecarEnding;

    internal const string SidecarEnding = ".styleprotect.json";
}
