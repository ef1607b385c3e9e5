using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StyleProtect.Runtime;

namespace StyleProtect.Attacks;

/// <summary>Registers the attack simulator in an application's services.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="IAttackSimulator"/> (the same object as <see cref="AttackSimulator"/>) on the application's <see cref="ModelHost"/>, which
    /// <c>AddStyleProtect</c> registers.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddStyleProtectAttacks(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider => AttackSimulator.For(provider.GetRequiredService<ModelHost>()));
        services.TryAddSingleton<IAttackSimulator>(provider => provider.GetRequiredService<AttackSimulator>());
        return services;
    }
}
