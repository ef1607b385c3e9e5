using StyleProtect.Kernels;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// TorchSharp lets go of a number before the native call that reads it has returned. With collections on another thread, <c>tensor + tensor</c> gave
/// "Unknown scalar type" within some ten thousand calls, and a protection failed now and then.
/// </summary>
public sealed class GarbageCollectionTests(TinyProtector tiny) : IClassFixture<TinyProtector>
{
    [Fact]
    public void Numbers_live_through_the_calls_that_read_them() => WhileCollecting(() =>
    {
        using var outer = NewDisposeScope();
        Tensor a = ones(8), b = ones(8);
        for (var i = 0; i < 30_000; i++)
        {
            using var scope = NewDisposeScope();
            Assert.Equal(1.75f, a.Add(b).Mul(0.5).Add(1.5).Sub(0.75).Clamp(0, 2)[0].item<float>());
        }
    });

    [Fact]
    public async Task A_protection_is_not_changed_by_collections()
    {
        var picture = TestPictures.Random(40, 40, 8, false, 4);
        var options = TinyProtector.Options with { Steps = 4 };
        var quiet = await tiny.Protect(options, picture);
        ProtectionResult? busy = null;
        WhileCollecting(() => busy = tiny.Protect(options, picture).GetAwaiter().GetResult());
        Assert.Equal(quiet.LossCurve, busy!.LossCurve);
        Assert.True(Differences.Same(quiet.Artworks[0].Artwork, busy.Artworks[0].Artwork));
    }

    private static void WhileCollecting(Action action)
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            action();
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }
}
