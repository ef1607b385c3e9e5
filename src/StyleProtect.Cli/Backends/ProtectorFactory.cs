using StyleProtect.Native;
using StyleProtect.Protection;
using TorchSharp;

namespace StyleProtect.Cli.Backends;

/// <summary>The real engine.</summary>
internal sealed class ProtectorFactory : IProtectorFactory
{
    private const string DoctorHint = "`styleprotect doctor` says more.";

    public IStyleProtector Create(StyleProtectorOptions options, int? threads) => Open(options, threads);

    /// <inheritdoc cref="IProtectorFactory.Create"/>
    internal static StyleProtector Open(StyleProtectorOptions options, int? threads)
    {
        if (TorchRuntime.Failure is { } failure) throw CommandException.Environment(failure, DoctorHint);
        if (threads is { } number) torch.set_num_threads(number);
        try
        {
            return StyleProtector.Create(options);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the reason (device, folder, weights): no picture can be protected with it.
            throw CommandException.Environment(e.Message, DoctorHint, e);
        }
    }
}
