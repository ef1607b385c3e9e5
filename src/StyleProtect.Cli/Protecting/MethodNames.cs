using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>The library's methods by the names that the command line takes.</summary>
internal static class MethodNames
{
    /// <summary>Reads a method's name.</summary>
    /// <exception cref="CommandException">There is no such method; the message names the nearest.</exception>
    internal static ProtectionMethod Parse(string text)
    {
        var name = text.Trim().ToLowerInvariant();
        return ProtectionMethod.BuiltIn.FirstOrDefault(m => m.Name == name)?.Method ?? throw CommandException.Usage(
            $"--method: unknown method '{text}'.",
            Nearest.Suggest(name, ProtectionMethod.BuiltIn.Select(m => m.Name)) ?? $"Known: {string.Join(", ", ProtectionMethod.BuiltIn.Select(m => m.Name))}.");
    }
}
