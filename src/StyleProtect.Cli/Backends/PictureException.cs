namespace StyleProtect.Cli.Backends;

/// <summary>One picture that cannot be read or written; the others go on.</summary>
internal sealed class PictureException(string message, Exception? cause = null) : Exception(message, cause);
