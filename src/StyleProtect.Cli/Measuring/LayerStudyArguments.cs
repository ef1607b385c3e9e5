namespace StyleProtect.Cli.Measuring;

/// <summary>What was typed after <c>styleprotect layers</c>, beside the model.</summary>
internal sealed record LayerStudyArguments(string? Pictures, string? Prompts, bool Json, string? Csv, string? Page, string? StyleEncoder = null, string? ContentEncoder = null)
{
    /// <summary>Whether layers are to be measured, not only listed.</summary>
    internal bool Measures => (Pictures ?? Prompts ?? Csv ?? Page ?? StyleEncoder ?? ContentEncoder) is not null;
}
