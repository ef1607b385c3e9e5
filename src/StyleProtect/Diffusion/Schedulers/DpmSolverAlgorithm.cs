namespace StyleProtect.Diffusion.Schedulers;

/// <summary>The differential equation that the multistep solver integrates.</summary>
internal enum DpmSolverAlgorithm
{
    /// <summary>In terms of the predicted clean sample (DPM-Solver++).</summary>
    DpmSolverPlusPlus,

    /// <summary>In terms of the predicted noise (DPM-Solver).</summary>
    DpmSolver,

    /// <summary>The stochastic form of DPM-Solver++.</summary>
    SdeDpmSolverPlusPlus,
}
