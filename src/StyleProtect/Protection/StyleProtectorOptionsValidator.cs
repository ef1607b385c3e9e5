using Microsoft.Extensions.Options;
using StyleProtect.Protection.Engine;

namespace StyleProtect.Protection;

/// <summary>Checks an application's settings when the protector is first asked for, with messages that name the setting.</summary>
internal sealed class StyleProtectorOptionsValidator : IValidateOptions<StyleProtectorOptions>
{
    public ValidateOptionsResult Validate(string? name, StyleProtectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = options.Faults().ToList();
        if (options.Defaults is null) failures.Add($"{nameof(StyleProtectorOptions.Defaults)} is null.");
        else if (Refused(options.Defaults) is { } reason) failures.Add($"{nameof(StyleProtectorOptions.Defaults)}: {reason}");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static string? Refused(ProtectionOptions options)
    {
        try
        {
            ResolvedSettings.From(options);
            return null;
        }
        catch (ProtectionException e)
        {
            return e.Message;
        }
    }
}
