namespace StyleProtect.Cli.Doctor;

/// <summary>One thing that <c>styleprotect doctor</c> looks at. Never throws for what it is there to find.</summary>
internal interface IDoctorCheck
{
    /// <summary>Name in the report.</summary>
    string Name { get; }

    /// <summary>Looks.</summary>
    /// <param name="modelPath">The model's folder.</param>
    Finding Run(string modelPath);
}
