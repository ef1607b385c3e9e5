using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether there is enough memory for the embedded model.</summary>
internal sealed class MemoryCheck(Func<MachineMemory> read) : IDoctorCheck
{
    /// <summary>Below this even the embedded model on small pictures may be ended by the operating system.</summary>
    internal const long Recommended = 2L << 30;

    public string Name => "memory";

    public Finding Run(StyleProtectorOptions model)
    {
        var memory = read();
        var detail = $"{Format.Bytes(memory.Total)} in all, {(memory.Available is { } a ? Format.Bytes(a) + " available" : "available not known")}";
        var finding = (memory.Available ?? memory.Total) >= Recommended
            ? Finding.Ok(Name, detail)
            : Finding.Warn(Name, detail,
                $"Close other programs or raise the container's limit to {Format.Bytes(Recommended)}; take one picture at a time (--batch 1).");
        return finding with { Facts = new Dictionary<string, object?> { ["totalBytes"] = memory.Total, ["availableBytes"] = memory.Available } };
    }
}
