using System.Globalization;

namespace StyleProtect.Runtime;

/// <summary>Memory of the machine or of the container that the process runs in.</summary>
/// <param name="Total">Bytes that this process may use at most.</param>
/// <param name="Available">Bytes that are free now, or null when not known.</param>
public sealed record MachineMemory(long Total, long? Available)
{
    /// <summary>This machine's memory; container limits are honoured.</summary>
    public static MachineMemory Read()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var machine = ReadOrNull("/proc/meminfo") is { } meminfo ? AvailableIn(meminfo) : null;
        var container = CgroupFree(ReadOrNull("/sys/fs/cgroup/memory.max"), ReadOrNull("/sys/fs/cgroup/memory.current"),
            ReadOrNull("/sys/fs/cgroup/memory.stat"));
        var available = machine is null ? container : container is null ? machine : Math.Min(machine.Value, container.Value);
        return new MachineMemory(total, available);
    }

    /// <summary>Bytes that this process can hold without pushing others out: what it holds already, and nine tenths of what is free.</summary>
    internal long Usable => (long)(0.9 * (Available ?? Math.Max(0, Total - Environment.WorkingSet))) + Environment.WorkingSet;

    /// <summary><c>MemAvailable</c> of <c>/proc/meminfo</c> in bytes, or null.</summary>
    internal static long? AvailableIn(string meminfo) => meminfo.Split('\n')
        .Where(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal))
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(p => p.Length >= 2)
        .Select(p => long.TryParse(p[1], NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib * 1024 : (long?)null)
        .FirstOrDefault();

    /// <summary>What a control group (version 2) still allows; the page cache counts as free. Null without a limit.</summary>
    internal static long? CgroupFree(string? max, string? current, string? stat)
    {
        if (!long.TryParse(max, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var limit) ||
            !long.TryParse(current, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var used)) return null;
        var cache = (stat ?? "").Split('\n')
            .Where(l => l.StartsWith("inactive_file ", StringComparison.Ordinal))
            .Select(l => long.TryParse(l.AsSpan("inactive_file ".Length), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var bytes)
                ? bytes : 0)
            .FirstOrDefault();
        return Math.Max(0, limit - used + cache);
    }

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the figure is then not known, which the report says
        }
    }
}
