using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using StyleProtect.Native;
using StyleProtect.Protection;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace StyleProtect.Tests.Architecture;

/// <summary>
/// The tiers of the library: a namespace may be used by those above it, never by those below or beside it. Protection and Attacks do not know each other.
/// </summary>
public sealed class TierTests
{
    /// <summary>The lowest first; namespaces of one tier do not know each other.</summary>
    private static readonly string[][] s_tiers =
    [
        ["StyleProtect.Native"],
        ["StyleProtect.Artworks", "StyleProtect.Kernels"],
        ["StyleProtect.Metrics"],
        ["StyleProtect.Diffusion"],
        ["StyleProtect.Perception"],
        ["StyleProtect.Layers"],
        ["StyleProtect.Hub"],
        ["StyleProtect.Runtime"],
        ["StyleProtect.Protection", "StyleProtect.Attacks"],
        ["StyleProtect.Evaluation"],
    ];

    private static readonly ArchUnitNET.Domain.Architecture s_library =
        new ArchLoader().LoadAssemblies(typeof(StyleProtector).Assembly, typeof(TorchRuntime).Assembly).Build();

    public static TheoryData<string, string> Forbidden { get; } = new(
        from tier in Enumerable.Range(0, s_tiers.Length)
        from below in s_tiers[tier]
        from above in s_tiers.Skip(tier + 1).SelectMany(f => f).Concat(s_tiers[tier].Where(beside => beside != below))
        select (below, above));

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void A_tier_does_not_know_what_is_above_or_beside_it(string folder, string forbidden) => Assert.Empty(Violations(folder, forbidden));

    [Fact]
    public void Every_type_belongs_to_a_tier()
    {
        // Types of the root namespace are the module initializer and what the compiler makes.
        var strays = s_library.Types.Where(t => t.Namespace.FullName.StartsWith("StyleProtect.", StringComparison.Ordinal)
            && !s_tiers.SelectMany(f => f).Any(f => Resides(t, f)));
        Assert.Empty(strays.Select(t => t.FullName));
        foreach (var folder in s_tiers.Take(8).SelectMany(f => f)) Assert.Contains(s_library.Types, t => Resides(t, folder));
    }

    /// <summary>The rule finds what it must: uses in signatures, uses in method bodies only, and uses in another assembly.</summary>
    [Theory]
    [InlineData("StyleProtect.Protection", "StyleProtect.Layers", "StyleProtect.Protection.Surrogates.KeyValueSurrogate")]
    [InlineData("StyleProtect.Protection", "StyleProtect.Metrics", "StyleProtect.Protection.Engine.ProtectionJob")]
    [InlineData("StyleProtect.Kernels", "StyleProtect.Native", "StyleProtect.Kernels.FusedKernels")]
    public void A_use_is_found(string folder, string used, string where) =>
        Assert.Contains(Violations(folder, used), v => v.Contains(where, StringComparison.Ordinal));

    private static string[] Violations(string folder, string forbidden)
    {
        var rule = Types().That().ResideInNamespaceMatching(Below(folder)).Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Below(forbidden)))
            .WithoutRequiringPositiveResults();
        return [.. rule.Evaluate(s_library).Where(r => !r.Passed).Select(r => r.Description)];
    }

    private static bool Resides(IType type, string folder) =>
        type.Namespace.FullName == folder || type.Namespace.FullName.StartsWith(folder + ".", StringComparison.Ordinal);

    private static string Below(string folder) => $@"^{folder.Replace(".", @"\.", StringComparison.Ordinal)}(\..+)?$";
}
