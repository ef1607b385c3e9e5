using System.Reflection;
using StyleProtect.MiniModel;
using StyleProtect.Native;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Tests.Architecture;

/// <summary>What users see: few namespaces, no public fields, nothing of the machine room.</summary>
public sealed class PublicSurfaceTests
{
    private static readonly string[] s_allowed =
    [
        "StyleProtect.Artworks", "StyleProtect.Metrics", "StyleProtect.Diffusion.Checkpoints", "StyleProtect.Perception", "StyleProtect.Layers", "StyleProtect.Layers.Analysis",
        "StyleProtect.Protection", "StyleProtect.Protection.Objectives", "StyleProtect.Protection.Perturbations", "StyleProtect.Protection.Surrogates", "StyleProtect.Protection.Views", "StyleProtect.Runtime", "StyleProtect.Runtime.Views", "StyleProtect.Attacks", "StyleProtect.Attacks.Purification", "StyleProtect.Evaluation", "StyleProtect.Evaluation.Metrics", "StyleProtect.Native", "StyleProtect.MiniModel",
    ];

    private static readonly Type[] s_exported =
        [.. new[] { typeof(StyleProtector), typeof(TorchRuntime), typeof(MiniModelPackage) }.SelectMany(t => t.Assembly.GetExportedTypes())];

    [Fact]
    public void Public_types_live_in_the_namespaces_meant_for_users()
    {
        Assert.Empty(Strangers(s_exported));
        Assert.Equal(["PublicSurfaceTests"], Strangers([typeof(StyleProtector), typeof(PublicSurfaceTests)])); // it can fail
    }

    [Fact]
    public void Public_types_have_no_public_fields()
    {
        Assert.Empty(s_exported.SelectMany(Fields));
        Assert.Equal(["Exposed.Value"], Fields(typeof(Exposed))); // it can fail
    }

    [Fact]
    public void Interfaces_meant_for_own_implementations_are_public_and_classes_are_sealed()
    {
        Assert.Equal(["IAttackSimulator", "IGenerationMetric", "IImageEncoder", "ILayerSelector", "IPictureMetric", "IPurifier", "ISensitivityMeter", "IStyleProtector", "IUpscaler"], s_exported.Where(t => t.IsInterface).Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Empty(s_exported.Where(t => t is { IsClass: true, IsSealed: false }).Select(t => t.FullName));
    }

    private static IEnumerable<string> Strangers(IEnumerable<Type> types) => types.Where(t => !s_allowed.Contains(t.Namespace)).Select(t => t.Name);

    private static IEnumerable<string> Fields(Type type) => type.IsEnum
        ? []
        : type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(f => !f.IsLiteral).Select(f => $"{type.Name}.{f.Name}");

    private struct Exposed
    {
        public int Value = 1;

        public Exposed()
        {
        }

        public override readonly int GetHashCode() => Value;
    }
}
