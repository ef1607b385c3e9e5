namespace StyleProtect.Cli.Doctor;

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
