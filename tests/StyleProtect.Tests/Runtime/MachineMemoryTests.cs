using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Runtime;

[Collection(SerialCollection.Name)]
public sealed class MachineMemoryTests
{
    [Fact]
    public void Reads_memory_of_machine_and_container()
    {
        Assert.Equal(2048L * 1024, MachineMemory.AvailableIn("MemTotal:  4096 kB\nMemAvailable:    2048 kB\n"));
        Assert.Null(MachineMemory.AvailableIn("MemTotal: 4096 kB\n"));
        Assert.Equal(700, MachineMemory.CgroupFree("1000\n", "400\n", "anon 300\ninactive_file 100\n"));
        Assert.Null(MachineMemory.CgroupFree("max\n", "400\n", null));
        Assert.Null(MachineMemory.CgroupFree(null, null, null));
        Assert.Equal(0, MachineMemory.CgroupFree("100", "400", null));
    }

    [Fact]
    public void A_protection_may_use_what_it_holds_and_nine_tenths_of_what_is_free()
    {
        Assert.InRange(new MachineMemory(16L << 30, 1L << 30).Usable - Environment.WorkingSet, (1L << 30) * 85 / 100, (1L << 30) * 95 / 100);
        Assert.InRange(new MachineMemory(16L << 30, null).Usable, 12L << 30, 16L << 30);
    }
}
