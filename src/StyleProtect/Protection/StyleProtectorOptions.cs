using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>How a <see cref="IStyleProtector"/> is made: the host's options, and the settings of requests that bring none.</summary>
public sealed class StyleProtectorOptions : ModelHostOptions
{
    /// <summary>Settings of requests that bring none.</summary>
    public ProtectionOptions Defaults { get; set; } = new();
}
