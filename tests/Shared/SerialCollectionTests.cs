using System.Reflection;
using Xunit;

namespace StyleProtect.Testing;

/// <summary>No test reads a counter of the process while others run.</summary>
public sealed class SerialCollectionTests
{
    private static readonly Assembly s_assembly = typeof(SerialCollectionTests).Assembly;

    [Fact]
    public void Tests_that_use_the_process_s_state_run_alone_and_no_others_do()
    {
        var state = new ProcessWideState(s_assembly);
        var tests = s_assembly.GetTypes().Where(t => t is { IsNested: false, IsAbstract: false } && Methods(t).Any()).ToArray();
        Assert.Contains(typeof(SerialCollectionTests), tests);
        var faults = new List<string>();
        foreach (var test in tests)
        {
            var uses = Family(test).SelectMany(state.UsedBy).ToArray();
            var isSerial = Family(test).Any(t => t.GetCustomAttributesData()
                .Any(a => a.AttributeType == typeof(CollectionAttribute) && (a.ConstructorArguments[0].Value as string) == SerialCollection.Name));
            if (uses.Length > 0 && !isSerial) faults.Add($"{test.FullName} needs [Collection(SerialCollection.Name)]: {string.Join("; ", uses)}");
            if (uses.Length == 0 && isSerial) faults.Add($"{test.FullName} is in the serial collection and uses nothing of the process: let it run beside " +
                $"others, or add what it uses to {nameof(ProcessWideState)}");
        }

        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
    }

    [Fact]
    public void State_is_found_in_lambdas_asynchronous_methods_and_behind_helpers()
    {
        var state = new ProcessWideState(s_assembly);
        var found = state.UsedBy(typeof(ProcessWideSample)).ToArray();
        foreach (var name in (string[])[nameof(ProcessWideSample.Direct), nameof(ProcessWideSample.InALambda), nameof(ProcessWideSample.Later),
                nameof(ProcessWideSample.ThroughAnother)])
            Assert.Contains(found, f => f.StartsWith($"{nameof(ProcessWideSample)}.{name} ", StringComparison.Ordinal)
                && f.EndsWith("GC.GetTotalMemory", StringComparison.Ordinal));
        Assert.DoesNotContain(found, f => f.StartsWith($"{nameof(ProcessWideSample)}.{nameof(ProcessWideSample.Nothing)} ", StringComparison.Ordinal));
        Assert.Empty(state.UsedBy(typeof(SerialCollectionTests)));
    }

    private static IEnumerable<Type> Family(Type type)
    {
        for (var t = type; t is not null && t != typeof(object); t = t.BaseType) yield return t.IsConstructedGenericType ? t.GetGenericTypeDefinition() : t;
    }

    private static IEnumerable<MethodInfo> Methods(Type type) => type.GetMethods().Where(m => m.GetCustomAttributes<FactAttribute>().Any());
}
