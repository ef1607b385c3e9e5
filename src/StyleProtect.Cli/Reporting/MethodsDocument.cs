using StyleProtect.Protection;

namespace StyleProtect.Cli.Reporting;

/// <summary>What <c>methods --json</c> prints.</summary>
internal sealed record MethodsDocument(IReadOnlyList<MethodRow> Methods)
{
    public string Schema { get; } = "styleprotect.methods/1";

    internal static MethodsDocument Create() => new([.. ProtectionMethod.BuiltIn.Select(MethodRow.Of)]);
}
