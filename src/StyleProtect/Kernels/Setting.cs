using System.Runtime.CompilerServices;

namespace StyleProtect.Kernels;

/// <summary>Checks of options.</summary>
internal static class Setting
{
    /// <summary>Throws, naming the setting, unless its value is valid.</summary>
    internal static void Require<T>(T value, bool valid, string rule, [CallerArgumentExpression(nameof(value))] string setting = "")
    {
        if (!valid) throw new ArgumentOutOfRangeException(setting, value, $"{setting} {rule}");
    }
}
