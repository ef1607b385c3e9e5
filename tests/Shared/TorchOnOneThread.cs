using StyleProtect.Native;
using TorchSharp;
using Xunit;

[assembly: AssemblyFixture(typeof(StyleProtect.Testing.TorchOnOneThread))]

namespace StyleProtect.Testing;

/// <summary>Before the first test: libtorch is loaded and works on one thread for each caller, so that tests share the cores and not each operation.</summary>
public sealed class TorchOnOneThread
{
    public TorchOnOneThread()
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
