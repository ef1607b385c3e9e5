using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StyleProtect.Attacks;
using StyleProtect.Hub;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Shared;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class ServiceCollectionTests
{
    [Fact]
    public async Task One_protector_for_the_application_with_its_settings()
    {
        using var model = new TinyModelFolder();
        var services = new ServiceCollection()
            .AddStyleProtect(o => o.ModelPath = model.Path)
            .AddStyleProtect(o => (o.Device, o.Defaults) =
                (ComputeDevice.Cpu, new ProtectionOptions { Steps = 2, Epsilon = 5, Precision = Precision.Float32 }));
        IStyleProtector protector;
        var request = new ProtectionRequest(TestPictures.Random(32, 32, 8, false, 1));
        await using (var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }))
        {
            protector = provider.GetRequiredService<IStyleProtector>();
            Assert.Same(protector, provider.GetRequiredService<IStyleProtector>());
            Assert.Same(protector, provider.GetRequiredService<StyleProtector>());
            Assert.Single(provider.GetServices<IStyleProtector>());
            var result = await protector.ProtectAsync(request, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(2, result.Steps);
            Assert.InRange(result.Artworks[0].LInfinity, 1, 5);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => protector.ProtectAsync(request, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Protector_and_attack_simulator_share_the_applications_host()
    {
        using var model = new TinyModelFolder();
        var services = new ServiceCollection().AddStyleProtect(o => (o.ModelPath, o.Device, o.QueueLimit) = (model.Path, ComputeDevice.Cpu, 7))
            .AddStyleProtectAttacks();
        await using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var simulator = provider.GetRequiredService<AttackSimulator>();
        Assert.Same(simulator, provider.GetRequiredService<IAttackSimulator>());
        Assert.Same(provider.GetRequiredService<ModelHost>(), simulator.Host);
        Assert.Same(simulator.Host, provider.GetRequiredService<StyleProtector>().Host);
    }

    [Fact]
    public void The_protector_is_made_when_it_is_asked_for_and_not_before()
    {
        using var provider = new ServiceCollection().AddStyleProtect(o => o.ModelPath = "/no/such/model").BuildServiceProvider(validateScopes: true);
        Assert.Equal("/no/such/model", provider.GetRequiredService<IOptions<StyleProtectorOptions>>().Value.ModelPath);
        Assert.Contains("/no/such/model", Assert.Throws<ModelStoreException>(() => provider.GetRequiredService<IStyleProtector>()).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<StyleProtectorOptions>, string> Wrong { get; } = new()
    {
        { "path", o => o.ModelPath = " ", "ModelPath is empty" },
        { "device", o => o.Device = (ComputeDevice)9, "Device is 9" },
        { "queue", o => o.QueueLimit = 0, "QueueLimit is 0" },
        { "defaults", o => o.Defaults = null!, "Defaults is null" },
        { "epsilon", o => o.Defaults = new ProtectionOptions { Epsilon = 65 }, "Defaults: ε must be" },
        { "steps", o => o.Defaults = new ProtectionOptions { Steps = 0 }, "Defaults: The number of steps" },
        { "method", o => o.Defaults = new ProtectionOptions { Method = null! }, "Defaults: Method is null" },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Wrong))]
    public void Settings_that_cannot_work_are_named(string setting, Action<StyleProtectorOptions> configure, string expected)
    {
        using var provider = new ServiceCollection().AddStyleProtect(configure).BuildServiceProvider();
        var e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStyleProtector>());
        Assert.True(e.Message.Contains(expected, StringComparison.Ordinal), $"{setting}: {e.Message}");
    }

    [Fact]
    public void Several_wrong_settings_are_all_named()
    {
        using var provider = new ServiceCollection().AddStyleProtect(o => (o.ModelPath, o.Device) = ("", (ComputeDevice)9)).BuildServiceProvider();
        Assert.Equal(2, Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStyleProtector>()).Failures.Count());
    }
}
