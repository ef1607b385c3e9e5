using System.Reflection;
using System.Runtime.InteropServices;
using StyleProtect.Kernels;
using StyleProtect.Kernels.Cuda;
using StyleProtect.Native;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Native;

/// <summary>The C header and the C# imports say the same.</summary>
public class NativeAbiTests
{
    private static readonly NativeHeader s_header = NativeHeader.Read();

    private static readonly Dictionary<string, Type> s_structs = new(StringComparer.Ordinal)
    {
        ["sp_images"] = typeof(NativeImages),
        ["sp_pgd_options"] = typeof(NativePgdOptions),
        ["sp_heads"] = typeof(NativeHeads),
        ["sp_attention_shape"] = typeof(NativeAttentionShape),
        ["sp_parameter"] = typeof(NativeParameter),
        ["sp_adamw_options"] = typeof(NativeAdamWOptions),
        ["sp_norm_shape"] = typeof(NativeNormShape),
    };

    [Fact]
    public void Every_exported_function_is_imported_with_the_same_signature()
    {
        var imports = typeof(NativeMethods).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(m => m.Name.StartsWith("sp_", StringComparison.Ordinal)).ToDictionary(m => m.Name, StringComparer.Ordinal);
        Assert.NotEmpty(s_header.Functions);
        Assert.Equal(s_header.Functions.Keys.Order(StringComparer.Ordinal), imports.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (returns, parameters)) in s_header.Functions)
        {
            var import = imports[name];
            var expected = returns == "int32_t" && import.ReturnType == typeof(NativeCode) ? typeof(NativeCode) : Managed(returns);
            Assert.True(expected == import.ReturnType, $"{name} returns {returns}, imported as {import.ReturnType}");
            var types = import.GetParameters().Select(p => p.ParameterType).ToArray();
            Assert.True(
                parameters.Select(Managed).SequenceEqual(types),
                $"{name}({string.Join(", ", parameters)}) is imported as ({string.Join(", ", types.Select(t => t.Name))})");
        }
    }

    [Fact]
    public void Every_structure_has_the_same_fields_at_the_same_offsets()
    {
        Assert.Equal(s_header.Structs.Keys.Order(StringComparer.Ordinal), s_structs.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, fields) in s_header.Structs)
        {
            var managed = s_structs[name].GetFields(BindingFlags.Instance | BindingFlags.NonPublic);
            Assert.Equal(fields.Select(f => f.Name.Replace("_", "", StringComparison.Ordinal)), managed.Select(f => f.Name.ToLowerInvariant()));
            Assert.Equal(fields.Select(f => Managed(f.Type)), managed.Select(f => f.FieldType));
            long offset = 0, widest = 1;
            foreach (var field in managed)
            {
                long size = Size(field.FieldType);
                offset = (offset + size - 1) / size * size;
                Assert.Equal(offset, Marshal.OffsetOf(s_structs[name], field.Name));
                offset += size;
                widest = Math.Max(widest, size);
            }

            Assert.Equal((offset + widest - 1) / widest * widest, Marshal.SizeOf(s_structs[name]));
        }
    }

    [Fact]
    public void Constants_agree()
    {
        Assert.Equal((int)NativeLibraryFile.AbiVersion, s_header.Constants["SP_ABI_VERSION"]);
        Assert.Equal(CudaKernels.MaxKeys, s_header.Constants["SP_MAX_KEYS"]);
        Assert.Equal(CudaKernels.MaxHeadSize, s_header.Constants["SP_MAX_HEAD_SIZE"]);
        Assert.Equal((int)PgdDirection.Sign, s_header.Constants["SP_DIRECTION_SIGN"]);
        Assert.Equal((int)PgdDirection.Raw, s_header.Constants["SP_DIRECTION_RAW"]);
        Assert.Equal((int)PgdDirection.L2, s_header.Constants["SP_DIRECTION_L2"]);
        Assert.Equal((int)NativeCode.InvalidArgument, s_header.Constants["SP_INVALID_ARGUMENT"]);
        Assert.Equal((int)NativeCode.Unavailable, s_header.Constants["SP_UNAVAILABLE"]);
        Assert.Equal((int)NativeCode.Driver, s_header.Constants["SP_DRIVER"]);
        Assert.Equal((int)NativeCode.Internal, s_header.Constants["SP_INTERNAL"]);
    }

    [Fact]
    public void Every_function_body_is_guarded()
    {
        var sources = Directory.GetFiles(Path.Combine(Checkout.Folder, "native"), "*.cpp", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}build{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText)
                .ToArray();
        foreach (var name in s_header.Functions.Where(f => f.Value.Returns == "int32_t" && f.Key != "sp_last_driver_code").Select(f => f.Key))
        {
            var source = Assert.Single(sources, s => s.Contains($"int32_t {name}(", StringComparison.Ordinal));
            var body = source[source.IndexOf($"int32_t {name}(", StringComparison.Ordinal)..];
            Assert.StartsWith("return guard(", body[(body.IndexOf('{', StringComparison.Ordinal) + 1)..].TrimStart(), StringComparison.Ordinal);
        }
    }

    private static Type Managed(string type)
    {
        if (type.EndsWith('*'))
        {
            var target = type[..^1];
            return target == "void" ? typeof(void).MakePointerType() : target == "char" ? typeof(byte).MakePointerType() : Managed(target).MakePointerType();
        }

        return type switch
        {
            "int32_t" => typeof(int),
            "int64_t" => typeof(long),
            "uint32_t" => typeof(uint),
            "uint64_t" => typeof(ulong),
            "float" => typeof(float),
            "double" => typeof(double),
            _ => s_structs[type],
        };
    }

    private static int Size(Type type) => type == typeof(long) || type == typeof(ulong) || type == typeof(double) ? 8 : 4;
}
