using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>One thing that <c>styleprotect doctor</c> looks at. Never throws for what it is there to find.</summary>
internal interface IDoctorCheck
{
    /// <summary>Name in the report.</summary>
    string Name { get; }

    /// <summary>Looks.</summary>
    /// <param name="model">The model that protections would use.</param>
    Finding Run(StyleProtectorOptions model);
}

/// <summary>What a check found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Detail">What is there.</param>
/// <param name="Remedy">What to do; null when nothing needs doing.</param>
/// <param name="Facts">The same as values, for --json.</param>
internal sealed record Finding(string Check, CheckStatus Status, string Detail, string? Remedy = null, IReadOnlyDictionary<string, object?>? Facts = null)
{
    internal static Finding Ok(string check, string detail) => new(check, CheckStatus.Ok, detail);

    internal static Finding Warn(string check, string detail, string remedy) => new(check, CheckStatus.Warn, detail, remedy);

    internal static Finding Fail(string check, string detail, string remedy) => new(check, CheckStatus.Fail, detail, remedy);
}

/// <summary>How a check came out.</summary>
internal enum CheckStatus
{
    /// <summary>In order.</summary>
    Ok,

    /// <summary>Protection runs, but slower or with a limit.</summary>
    Warn,

    /// <summary>Protection cannot run.</summary>
    Fail,
}
