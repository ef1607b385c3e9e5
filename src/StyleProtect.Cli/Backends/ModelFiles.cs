using StyleProtect.Layers;

namespace StyleProtect.Cli.Backends;

/// <summary>What a model's files say; whatever is wrong with them ends the command in one line.</summary>
internal static class ModelFiles
{
    /// <summary>Reads everything, with the hash.</summary>
    /// <exception cref="CommandException">The model cannot be used; the message says why.</exception>
    internal static ModelDescription Read(ModelHostOptions model) => Guard(() => ModelInspector.Read(model));

    /// <summary>Reads the cross-attention layers.</summary>
    /// <exception cref="CommandException">The model cannot be used; the message says why.</exception>
    internal static LayerCatalog ReadLayers(ModelHostOptions model) => Guard(() => ModelInspector.ReadLayers(model));

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            throw CommandException.Environment(e.Message, "`styleprotect doctor` looks at the model; --model names another one.", e);
        }
    }
}
