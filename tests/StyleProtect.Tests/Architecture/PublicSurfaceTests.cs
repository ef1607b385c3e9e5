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
        "StyleProtect.Native", "StyleProtect.Artworks", "StyleProtect.Kernels", "StyleProtect.Metrics", "StyleProtect.Diffusion.Checkpoints",
        "StyleProtect.Perception",
        "StyleProtect.Layers", "StyleProtect.Layers.Analysis", "StyleProtect.Hub", "StyleProtect.Runtime", "StyleProtect.Runtime.Views",
        "StyleProtect.Protection", "StyleProtect.Protection.Objectives", "StyleProtect.Protection.Perturbations", "StyleProtect.Protection.Surrogates",
        "StyleProtect.Protection.Views",
        "StyleProtect.Attacks", "StyleProtect.Attacks.Purification", "StyleProtect.Evaluation", "StyleProtect.Evaluation.Metrics", "StyleProtect.MiniModel",
    ];

    /// <summary>Classes from which users or other classes of the library derive.</summary>
    private static readonly string[] s_open = ["ModelHostException", "ModelHostOptions", "ProtectionMethod"];

    /// <summary>What is public of the kernels: arithmetic that methods of one's own need.</summary>
    private static readonly string[] s_kernels = ["TensorMath"];

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
        string[] expected =
        [
            "IAttackSimulator", "IBudgetMap", "IGenerationMetric", "IGradientObjective", "IImageEncoder", "ILayerSelector", "IObjective", "IOuterLoop",
            "IParametrisation",
            "IPictureMetric", "IProtectionLoop", "IPurifier", "ISensitivityMeter", "IStyleProtector", "ISurrogate", "ISurrogateState", "ISurrogateTraining",
            "ITransformation",
            "IUpdate", "IUpdateRule", "IUpscaler", "IViewSampler",
        ];
        Assert.Equal(expected, s_exported.Where(t => t.IsInterface).Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(s_kernels, s_exported.Where(t => t.Namespace == "StyleProtect.Kernels").Select(t => t.Name));
        Assert.Empty(s_exported.Where(t => t is { IsClass: true, IsSealed: false } && !s_open.Contains(t.Name)).Select(t => t.FullName));
    }

    private static IEnumerable<string> Strangers(IEnumerable<Type> types) => types.Where(t => !s_allowed.Contains(t.Namespace)).Select(t => t.Name);

    private static IEnumerable<string> Fields(Type type) => type.IsEnum
        ? []
        : type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(f => !f.IsLiteral)
            .Select(f => $"{type.Name}.{f.Name}");

    private struct Exposed
    {
        public int Value = 1;

        public Exposed()
        {
        }

        public override readonly int GetHashCode() => Value;
    }
}
