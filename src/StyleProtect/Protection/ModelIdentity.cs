namespace StyleProtect.Protection;

/// <summary>Which model a result was made with.</summary>
/// <param name="Name">The folder's name, or the name in its model card.</param>
/// <param name="Path">The folder.</param>
/// <param name="Sha256">Hash over the weights files in name order, lower-case hexadecimal.</param>
public sealed record ModelIdentity(string Name, string Path, string Sha256);
