using System.Reflection;
using System.Runtime.Loader;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Plugins;

/// <summary>One plug-in's assemblies: its own dependencies come from beside it, the library and torch from this application, so that their types are the same
/// on both sides.</summary>
internal sealed class PluginLoadContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path), isCollectible: true)
{
    private static readonly HashSet<string> s_shared = new(StringComparer.OrdinalIgnoreCase)
    {
        typeof(IStyleProtector).Assembly.GetName().Name!, typeof(Native.TorchRuntime).Assembly.GetName().Name!,
            typeof(TorchSharp.torch).Assembly.GetName().Name!,
    };

    private readonly AssemblyDependencyResolver _resolver = new(path);

    /// <summary>Loads the plug-in itself.</summary>
    internal Assembly Load() => LoadFromAssemblyPath(path);

    protected override Assembly? Load(AssemblyName assemblyName) =>
        assemblyName.Name is { } name && !s_shared.Contains(name) && _resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file)
            : null;

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } file ? LoadUnmanagedDllFromPath(file) : 0;
}
