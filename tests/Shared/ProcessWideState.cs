using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace StyleProtect.Testing;

/// <summary>
/// Finds, in the compiled code of an assembly, who reads or changes what the whole process has in common: counters, standard streams, settings, and time taken
/// beside other work.
/// </summary>
internal sealed class ProcessWideState
{
    private const BindingFlags All = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    // By the type's name, because some types are internal to the library. SerialCollectionTests fails when a name that a test relied on is gone.
    private static readonly Dictionary<string, string[]> s_members = new(StringComparer.Ordinal)
    {
        [nameof(torch.Tensor)] = ["get_TotalCount", "get_PeakCount"],
        [nameof(torch)] = ["set_num_threads", "set_num_interop_threads", "manual_seed", "set_default_dtype", "set_default_device"],
        [nameof(torch.random)] = ["manual_seed"],
        [nameof(GC)] = ["GetTotalMemory", "GetTotalAllocatedBytes", "CollectionCount", "GetGCMemoryInfo"],
        [nameof(Process)] = ["get_PeakWorkingSet64", "get_WorkingSet64", "get_PrivateMemorySize64", "get_TotalProcessorTime", "get_Threads"],
        [nameof(Environment)] = ["get_WorkingSet", "SetEnvironmentVariable", "set_CurrentDirectory"],
        [nameof(Directory)] = ["SetCurrentDirectory"],
        [nameof(Console)] = ["SetOut", "SetError", "SetIn"],
        [nameof(Stopwatch)] = ["StartNew", "GetTimestamp", "Start"],
        ["PeakMemory"] = ["During"],
        ["StepBenchmark"] = ["Run"],
    };

    private static readonly string[] s_native = ["dup2", "setenv"];
    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    private readonly Dictionary<MethodBase, HashSet<MethodBase>> _calls = [];
    private readonly Dictionary<MethodBase, string> _uses = [];

    internal ProcessWideState(Assembly assembly)
    {
        foreach (var type in assembly.GetTypes())
            foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
                _calls[method] = [.. Calls(method).Select(Definition)];
        foreach (var (method, called) in _calls)
            if (called.FirstOrDefault(IsProcessWide) is { } use) _uses[method] = Name(use);
        for (var grown = true; grown;)
        {
            grown = false;
            foreach (var (method, called) in _calls)
            {
                if (_uses.ContainsKey(method) || called.FirstOrDefault(_uses.ContainsKey) is not { } through) continue;
                _uses[method] = $"{Name(through)} → {_uses[through]}";
                grown = true;
            }
        }
    }

    /// <summary>What a type uses of the process, itself or through methods of its assembly, by method; nothing for most.</summary>
    internal IEnumerable<string> UsedBy(Type type) => _uses.Where(u => Outermost(u.Key.DeclaringType!) == type).Select(u => $"{Name(u.Key)} → {u.Value}");

    private static bool IsProcessWide(MethodBase method) =>
        (s_members.TryGetValue(method.DeclaringType!.Name, out var names) && names.Contains(method.Name, StringComparer.Ordinal)) ||
        (method.GetCustomAttribute<DllImportAttribute>() is { } native && s_native.Contains(native.EntryPoint, StringComparer.Ordinal));

    /// <summary>The methods that a body names; of an iterator or asynchronous method also those of its state machine, which it only starts.</summary>
    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        if (method.GetCustomAttribute<StateMachineAttribute>() is { } machine)
            foreach (var step in machine.StateMachineType.GetMethods(All)) yield return step;
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il) yield break;
        Type[]? typeArguments = method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null, arguments = method.IsGenericMethod
            ? method.GetGenericArguments() : null;
        for (var at = 0; at < il.Length;)
        {
            var code = s_codes[il[at] == 0xFE ? unchecked((short)(0xFE00 | il[at + 1])) : il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineMethod) yield return method.Module.ResolveMethod(BitConverter.ToInt32(il, at), typeArguments, arguments)!;
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }

    private static MethodBase Definition(MethodBase method)
    {
        if (method is MethodInfo { IsGenericMethod: true } generic) method = generic.GetGenericMethodDefinition();
        return method.DeclaringType is { IsConstructedGenericType: true } type
            ? MethodBase.GetMethodFromHandle(method.MethodHandle, type.GetGenericTypeDefinition().TypeHandle)! : method;
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string Name(MethodBase method) => $"{method.DeclaringType!.Name}.{method.Name}";
}
