using StyleProtect.Native;
using Xunit;
using static TorchSharp.torch;

namespace TrainMiniModel.Tests;

/// <summary>Tests that use torch run one after another.</summary>
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
        set_num_threads(1);
    }
}
