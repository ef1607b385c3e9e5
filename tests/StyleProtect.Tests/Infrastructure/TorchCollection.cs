using StyleProtect.Native;
using TorchSharp;
using Xunit;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>Tests that use torch run one after another: torch owns the cores. Put <c>[Collection(TorchCollection.Name)]</c> on the class.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchCollection : ICollectionFixture<TorchFixture>
{
    public const string Name = "torch";
}

public sealed class TorchFixture
{
    public TorchFixture()
    {
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
