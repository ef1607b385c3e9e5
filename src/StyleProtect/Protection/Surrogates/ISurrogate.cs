namespace StyleProtect.Protection.Surrogates;

/// <summary>A stand-in for the mimic's training that changes (a part of) the model while the picture changes. Thrown away afterwards.</summary>
internal interface ISurrogate : IDisposable
{
    /// <summary>Number of trained weights.</summary>
    long ParameterCount { get; }

    /// <summary>Descends on the gradients that the step's backward pass left in the trained weights, and clears them.</summary>
    void Descend();
}
