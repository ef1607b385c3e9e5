using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Perception;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Perception;

public sealed class ConvolutionalEncoderTests
{
    private static readonly ConvolutionalEncoderConfig s_config = new() { BlockOutChannels = [8, 16], NormNumGroups = 4, SampleSize = 32, OutputWidth = 12 };

    /// <summary>Group norm looks at one picture at a time.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void Every_form_gives_one_embedding_a_picture_whatever_its_neighbours(int stride, bool everyStage)
    {
        using var scope = NewDisposeScope();
        using var weights = WeightFactory.Use(ScalarType.Float32, CPU);
        using var network = new ConvolutionalEncoder(s_config with { StemStride = stride, StatisticsOfEveryStage = everyStage });
        using var generator = new Generator(5);
        WeightInitializer.Initialize(network, generator);
        using var frozen = no_grad();
        var pictures = rand([2, 3, 32, 32], generator: generator);
        var both = network.forward(pictures);
        Assert.Equal([2, 12], both.shape);
        Assert.True((both[1] - network.forward(pictures.narrow(0, 1, 1))[0]).abs().max().item<float>() < 1e-5);
        Assert.True((both[1] - both[0]).abs().max().item<float>() > 1e-4);
    }

    [Theory]
    [InlineData(3, 32, "stem_stride 3: 1 and 2 are supported")]
    [InlineData(0, 32, "stem_stride 0: 1 and 2 are supported")]
    [InlineData(1, 33, "sample_size 33: 8 to 1024, divisible by 2, is supported")]
    [InlineData(2, 34, "sample_size 34: 8 to 1024, divisible by 4, is supported")]
    public void A_form_that_does_not_exist_is_refused(int stride, int size, string reason) =>
        Assert.Contains(reason, Assert.Throws<NotSupportedException>(() => (s_config with { StemStride = stride, SampleSize = size }).Validate()).Message,
            StringComparison.Ordinal);
}
