using StyleProtect.Native;
using Xunit;

namespace StyleProtect.Tests;

public class SmokeTests
{
    [Fact]
    public void Torch_loads_on_this_machine()
    {
        TorchRuntime.EnsureLoaded();
        using var t = TorchSharp.torch.ones(3);
        Assert.Equal(3, t.sum().item<float>());
    }
}
