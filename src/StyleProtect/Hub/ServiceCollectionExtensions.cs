using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace StyleProtect.Hub;

/// <summary>Registers the store of models in an application's services.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="ModelStore"/> and its <see cref="ModelCatalog"/> for the whole application. <c>AddStyleProtect</c> does this, too; call it to
    /// set the store's options.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets cache, endpoint, token and folders; null for those of the environment. Several calls add up.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddStyleProtectModels(this IServiceCollection services, Action<ModelStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<ModelStoreOptions>();
        if (configure is not null) options.Configure(configure);
        services.TryAddSingleton(provider => new ModelStore(provider.GetRequiredService<IOptions<ModelStoreOptions>>().Value));
        services.TryAddSingleton(provider => provider.GetRequiredService<ModelStore>().Catalog);
        return services;
    }
}
