using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Shows a running job.</summary>
internal interface IProtectView
{
    /// <summary>Runs work that reports its steps, and shows them.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="work">The work.</param>
    Task<T> ShowAsync<T>(string title, Func<IProgress<ProtectionProgress>, Task<T>> work);
}
