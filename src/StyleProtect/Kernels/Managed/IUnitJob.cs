namespace StyleProtect.Kernels.Managed;

/// <summary>Work that falls into independent units.</summary>
internal interface IUnitJob
{
    /// <summary>Floats of scratch memory that a worker needs; 0 for none.</summary>
    int ScratchLength { get; }

    /// <summary>Does one unit.</summary>
    void Run(int unit, Scratch scratch);
}
