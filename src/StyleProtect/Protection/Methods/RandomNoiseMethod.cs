namespace StyleProtect.Protection.Methods;

/// <summary>Uniform noise of ±ε: what any protection must beat at the same budget.</summary>
internal static class RandomNoiseMethod
{
    internal static ProtectionMethod Create() => new()
    {
        Name = "random",
        Description = "Uniform noise of ±ε: protects nothing; the control that every evaluation needs.",
        Source = "control, no protection",
        Objective = null,
        Usual = new(),
    };
}
