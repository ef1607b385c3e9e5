using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using StyleProtect.Hub;
using StyleProtect.Runtime;

namespace StyleProtect.Protection;

/// <summary>Registers the protector in an application's services.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="ModelHost"/> and one <see cref="IStyleProtector"/> on it (the same object as <see cref="StyleProtector"/>) for the whole
    /// application, and the <see cref="ModelStore"/> with its <see cref="ModelCatalog"/>. They are made when they are first asked for and disposed with the
    /// container; weights are read with the first job.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets model, device and default settings; null for the embedded model. Several calls add up.</param>
    /// <returns>The services.</returns>
    /// <remarks>Settings that cannot work end in an <see cref="OptionsValidationException"/> when the protector is first asked for.</remarks>
    public static IServiceCollection AddStyleProtect(this IServiceCollection services, Action<StyleProtectorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<StyleProtectorOptions>();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StyleProtectorOptions>, StyleProtectorOptionsValidator>());
        services.AddStyleProtectModels();
        services.TryAddSingleton(provider => ModelHost.Create(provider.GetRequiredService<IOptions<StyleProtectorOptions>>().Value));
        services.TryAddSingleton(provider =>
            StyleProtector.For(provider.GetRequiredService<ModelHost>(), provider.GetRequiredService<IOptions<StyleProtectorOptions>>().Value.Defaults));
        services.TryAddSingleton<IStyleProtector>(provider => provider.GetRequiredService<StyleProtector>());
        return services;
    }
}
