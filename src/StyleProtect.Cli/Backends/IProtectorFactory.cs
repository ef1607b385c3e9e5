using StyleProtect.Protection;

namespace StyleProtect.Cli.Backends;

/// <summary>Makes the engine. A seam, so that the command's behaviour is tested without a model.</summary>
internal interface IProtectorFactory
{
    /// <summary>Loads the model; the result is disposed of if it can be.</summary>
    /// <param name="options">Model, device and defaults.</param>
    /// <param name="threads">Number of torch threads, or null for torch's own choice.</param>
    /// <exception cref="CommandException">libtorch, the device or the model cannot be used.</exception>
    IStyleProtector Create(StyleProtectorOptions options, int? threads);
}
