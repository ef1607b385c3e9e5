using StyleProtect.Artworks;
using StyleProtect.Attacks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Purification;
using Xunit;

namespace StyleProtect.Tests.Attacks;

/// <summary>Purifiers of an attack, the library's and one's own.</summary>
public sealed class PurifiedAttackTests(TwoLevelSimulator tiny) : IClassFixture<TwoLevelSimulator>
{
    private readonly AttackRequest _request = new(TinySimulator.Pictures, TinySimulator.Prompts, TinySimulator.Options with { Steps = 2 });

    [Fact]
    public async Task Purifiers_are_applied_in_order_before_the_training()
    {
        var services = new PurifierServices { Host = tiny.Simulator.Host };
        IPurifier[] purifiers = [new OwnPurifier("darker", a => a.WithPlanarRgb([.. a.ToPlanarRgb().Select(v => 0.4f * v)])),
            .. Purifiers.ParseAll(["bits:2", "vae"], services)];
        var purified = await Attack(_request with { Purifiers = purifiers });
        var before = await Attack(
            _request with { Artworks = [.. TinySimulator.Pictures.Select(p => purifiers.Aggregate(p, (a, purifier) => purifier.Purify(a)))] });
        Assert.Equal(before.LossCurve, purified.LossCurve);
        Assert.NotEqual(before.LossCurve, (await Attack(_request)).LossCurve);
        Assert.NotEqual(before.LossCurve, (await Attack(_request with { Purifiers = [purifiers[1], purifiers[0], purifiers[2]] })).LossCurve);
        Assert.Equal((await Attack(_request)).LossCurve, (await Attack(_request with { Purifiers = [Purifiers.None] })).LossCurve);
    }

    [Fact]
    public async Task A_purifier_that_fails_is_named_with_the_picture()
    {
        await Refused("The purifier 'own' on picture 2 of 2 failed: No way. Nothing was kept.", a => a.Width == 48 ? throw new FormatException("No way.") : a);
        await Refused("The purifier 'own' on picture 2 of 2 returned null. Nothing was kept.", a => a.Width == 48 ? null! : a);
        await Refused(
            "The purifier 'own' on picture 2 of 2 made 32 × 48 of 48 × 32 pixels; a purifier keeps a picture's size. Nothing was kept.",
            a => a.Width == 48 ? TestPictures.Random(32, 48, 8, false, 1) : a);
        var e = await Assert.ThrowsAsync<AttackException>(() => Attack(_request with { Purifiers = [null!] }));
        Assert.Contains("purifiers is null", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await Attack(_request)).LossCurve.Count); // the simulator stays usable
    }

    [Fact]
    public async Task A_cancelled_attack_purifies_no_further()
    {
        using var source = new CancellationTokenSource();
        var purifier = new OwnPurifier("own", a =>
        {
            source.Cancel();
            return a;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => tiny.Simulator.SimulateAsync(_request with { Purifiers = [purifier] }, null, source.Token));
        Assert.Equal(1, purifier.Calls);
    }

    private async Task Refused(string message, Func<Artwork, Artwork> purify)
    {
        var e = await Assert.ThrowsAsync<AttackException>(() => Attack(_request with { Purifiers = [new OwnPurifier("own", purify)] }));
        Assert.Equal((message, 1), (e.Message, e.PictureIndex));
    }

    private Task<AttackResult> Attack(AttackRequest request) => tiny.Simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken);
}
