using StyleProtect.Protection;

namespace StyleProtect.Cli.Backends;

/// <summary>Stands in while the engine's source file is not in the tree; leave it out of the project then.</summary>
internal sealed class ProtectorFactory : IProtectorFactory
{
    public IStyleProtector Create(StyleProtectorOptions options, int? threads) =>
        throw CommandException.Environment("this build has no engine.");
}
