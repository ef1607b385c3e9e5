using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using StyleProtect.Native;
using StyleProtect.Protection;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace StyleProtect.Tests.Architecture;

/// <summary>The floors of the house: what is written here may be used by what stands above it, never the other way round.</summary>
public sealed class FloorTests
{
    /// <summary>From the ground up; folders on one floor do not know each other.</summary>
    private static readonly string[][] s_floors =
    [
        ["StyleProtect.Native"],
        ["StyleProtect.Artworks", "StyleProtect.Kernels"],
        ["StyleProtect.Metrics"],
        ["StyleProtect.Diffusion"],
        ["StyleProtect.Perception"],
        ["StyleProtect.Layers"],
        ["StyleProtect.Protection"],
        ["StyleProtect.Attacks"],
        ["StyleProtect.Evaluation"],
    ];

    private static readonly ArchUnitNET.Domain.Architecture s_house =
        new ArchLoader().LoadAssemblies(typeof(StyleProtector).Assembly, typeof(TorchRuntime).Assembly).Build();

    public static TheoryData<string, string> Forbidden { get; } = new(
        from floor in Enumerable.Range(0, s_floors.Length)
        from below in s_floors[floor]
        from above in s_floors.Skip(floor + 1).SelectMany(f => f).Concat(s_floors[floor].Where(beside => beside != below))
        select (below, above));

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void A_floor_does_not_know_what_is_above_or_beside_it(string folder, string forbidden) => Assert.Empty(Violations(folder, forbidden));

    [Fact]
    public void Every_type_stands_on_a_floor()
    {
        // Types of the root namespace are the module initializer and what the compiler makes.
        var homeless = s_house.Types.Where(t => t.Namespace.FullName.StartsWith("StyleProtect.", StringComparison.Ordinal) && !s_floors.SelectMany(f => f).Any(f => Resides(t, f)));
        Assert.Empty(homeless.Select(t => t.FullName));
        foreach (var folder in s_floors.Take(7).SelectMany(f => f)) Assert.Contains(s_house.Types, t => Resides(t, folder));
    }

    /// <summary>The rule finds what it must: uses in signatures, uses in method bodies only, and uses in another assembly.</summary>
    [Theory]
    [InlineData("StyleProtect.Protection", "StyleProtect.Layers", "StyleProtect.Protection.Surrogates.KeyValueSurrogate")]
    [InlineData("StyleProtect.Protection", "StyleProtect.Metrics", "StyleProtect.Protection.Engine.ProtectionJob")]
    [InlineData("StyleProtect.Kernels", "StyleProtect.Native", "StyleProtect.Kernels.FusedKernels")]
    public void A_use_is_found(string folder, string used, string where) => Assert.Contains(Violations(folder, used), v => v.Contains(where, StringComparison.Ordinal));

    private static string[] Violations(string folder, string forbidden)
    {
        var rule = Types().That().ResideInNamespaceMatching(Below(folder)).Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Below(forbidden))).WithoutRequiringPositiveResults();
        return [.. rule.Evaluate(s_house).Where(r => !r.Passed).Select(r => r.Description)];
    }

    private static bool Resides(IType type, string folder) =>
        type.Namespace.FullName == folder || type.Namespace.FullName.StartsWith(folder + ".", StringComparison.Ordinal);

    private static string Below(string folder) => $@"^{folder.Replace(".", @"\.", StringComparison.Ordinal)}(\..+)?$";
}
