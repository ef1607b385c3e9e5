namespace StyleProtect.Tests.Attacks;

/// <summary>A simulator whose U-Net has two levels: less than half the time of <see cref="TinySimulator"/>.</summary>
public sealed class TwoLevelSimulator() : TinySimulator(twoLevels: true);
