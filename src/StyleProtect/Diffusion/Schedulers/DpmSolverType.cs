namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The form of the solver's second-order step.</summary>
internal enum DpmSolverType
{
    Midpoint,
    Heun,
}
