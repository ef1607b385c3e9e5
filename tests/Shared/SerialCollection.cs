using Xunit;

namespace StyleProtect.Testing;

/// <summary>
/// Tests that read or change what the whole process has in common (<see cref="ProcessWideState"/>): they run after all others, one after another.
/// Put <c>[Collection(SerialCollection.Name)]</c> on the class; without it a class runs beside others.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Trait("Run", Name)]
public sealed class SerialCollection
{
    public const string Name = "serial";
}
