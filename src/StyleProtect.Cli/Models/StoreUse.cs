using System.CommandLine;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary>Uses a store for one command; what it refuses ends the command in one line.</summary>
internal static class StoreUse
{
    internal static T Run<T>(Func<ModelStore> open, Func<ModelStore, T> work)
    {
        try
        {
            using var store = open();
            return work(store);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw Refused(e);
        }
    }

    internal static async Task<T> RunAsync<T>(Func<ModelStore> open, Func<ModelStore, Task<T>> work)
    {
        try
        {
            using var store = open();
            return await work(store).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw Refused(e);
        }
    }

    /// <summary>The argument that names a model.</summary>
    internal static Argument<string> Name(string what) => new("name") { Description = what };

    private static CommandException Refused(Exception e) =>
        e is ArgumentException argument ? CommandException.Usage(argument) : CommandException.Usage(e.Message, cause: e);
}
