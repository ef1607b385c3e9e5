using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using StyleProtect.Native;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Architecture;

/// <summary>The library's internals are open to the command line for <c>bench</c>; everything else it does, any program can do.</summary>
public sealed class InternalUseTests
{
    private const string Benchmarks = "StyleProtect.Protection.Benchmarking.";

    [Fact]
    public void The_command_line_uses_no_internals_but_the_benchmarks()
    {
        var used = InternalsUsed(typeof(CommandLineApp).Assembly, typeof(StyleProtector).Assembly);
        Assert.Contains(Benchmarks + "StepBenchmark", used);
        Assert.DoesNotContain(used, u => !u.StartsWith(Benchmarks, StringComparison.Ordinal));
        Assert.Empty(InternalsUsed(typeof(CommandLineApp).Assembly, typeof(TorchRuntime).Assembly));
    }

    /// <summary>An internal member of a public type is found, too.</summary>
    [Fact]
    public void A_use_is_found() =>
        Assert.Contains("StyleProtect.Native.LibTorchCompat.Install", InternalsUsed(typeof(StyleProtector).Assembly, typeof(TorchRuntime).Assembly));

    private static List<string> InternalsUsed(Assembly user, Assembly library)
    {
        using var file = new PEReader(File.OpenRead(user.Location));
        var metadata = file.GetMetadataReader();
        var types = metadata.TypeReferences.Select(h => user.ManifestModule.ResolveType(MetadataTokens.GetToken(h)))
            .Where(t => t.Assembly == library && !t.IsVisible).Select(t => t.FullName!);
        var members = metadata.MemberReferences.Where(h => metadata.GetMemberReference(h).Parent.Kind == HandleKind.TypeReference)
            .Select(h => user.ManifestModule.ResolveMember(MetadataTokens.GetToken(h))!)
            .Where(m => m.DeclaringType!.Assembly == library && m.DeclaringType.IsVisible && !IsOpen(m)).Select(m => $"{m.DeclaringType!.FullName}.{m.Name}");
        return [.. types.Concat(members).Order(StringComparer.Ordinal)];
    }

    private static bool IsOpen(MemberInfo member) => member switch
    {
        MethodBase m => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly,
        FieldInfo f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly,
        _ => throw new NotSupportedException($"{member} is neither a method nor a field."),
    };
}
