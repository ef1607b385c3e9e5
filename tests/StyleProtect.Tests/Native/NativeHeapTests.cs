using System.Globalization;
using StyleProtect.Native;
using StyleProtect.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Native;

[Collection(TorchCollection.Name)]
public sealed class NativeHeapTests
{
    [Fact]
    public void A_freed_tensor_is_taken_again_without_new_pages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("GLIBC_TUNABLES") is null && Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is null, "glibc's heap with its own settings only");
        TorchRuntime.EnsureLoaded();
        var faults = new List<long>();
        // As the engine does: from a thread of its own.
        var thread = new Thread(() =>
        {
            for (var i = 0; i < 4; i++)
            {
                var before = Faults();
                using (var large = ones(24 << 20)) _ = large.numel();
                faults.Add(Faults() - before);
            }
        });
        thread.Start();
        thread.Join();
        // 96 MiB are 24,576 pages.
        Assert.True(faults[^1] < 2000, string.Join(", ", faults));
    }

    private static long Faults()
    {
        var status = File.ReadAllText("/proc/self/stat");
        return long.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
    }
}
