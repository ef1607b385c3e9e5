using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Models;

public sealed class ConvolutionSelfCheckTests
{
    private static readonly ConvolutionSignature[] s_signatures =
    [
        new(3, 128, 3, 1, 1), new(4, 320, 3, 1, 1), new(320, 4, 3, 1, 1), new(512, 8, 3, 1, 1), new(8, 8, 1, 1, 0), new(48, 48, 3, 2, 1), new(64, 64, 3, 2, 0),
    ];

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void The_models_convolutions_are_right(ScalarType type)
    {
        var verdicts = ConvolutionSelfCheck.Run(s_signatures, type);
        Assert.Equal(s_signatures.Length, verdicts.Count);
        Assert.All(verdicts, v => Assert.True(v.IsRight, $"{v.Signature} {v.Type}: {v.Error:g3}"));
    }

    [Fact]
    public void Tiny_model_passes_in_both_types_and_its_signatures_are_distinct()
    {
        using var folder = new TinyModelFolder();
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(folder.Path), type, CPU);
            ConvolutionSelfCheck.Require(model);
            var signatures = ConvolutionSelfCheck.SignaturesOf(model.Networks);
            Assert.Equal(signatures.Count, signatures.Distinct().Count());
            Assert.Contains(new ConvolutionSignature(3, 16, 3, 1, 1), signatures); // the autoencoder's first
            Assert.Contains(new ConvolutionSignature(16, 4, 3, 1, 1), signatures); // the U-Net's last
        }
    }

    [Theory]
    [InlineData("output")]
    [InlineData("input gradient")]
    [InlineData("weight gradient")]
    [InlineData("not a number")]
    public void A_wrong_convolution_is_found_and_its_model_refused(string fault)
    {
        Tensor Convolve(Tensor x, Tensor w, Tensor? b, long[] strides, long[] padding)
        {
            var right = Conv2d.Apply(x, w, b, strides, padding);
            return fault switch
            {
                // The last input channel dropped, in all or in one gradient only: the values are right then, as they are on the processors in question.
                "output" => Dropped(x, w),
                "input gradient" => right.Add((Dropped(x, w.detach()) - Dropped(x.detach(), w.detach())).Mul(-1)),
                "weight gradient" => right.Add((Dropped(x.detach(), w) - Dropped(x.detach(), w.detach())).Mul(-1)),
                _ => right.Mul(float.NaN),
            };

            Tensor Dropped(Tensor input, Tensor weight)
            {
                var kept = ones(input.shape[1], dtype: input.dtype);
                kept[^1] = 0;
                return Conv2d.Apply(input * kept.reshape(1, -1, 1, 1), weight, b, strides, padding);
            }
        }

        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            using var scope = NewDisposeScope();
            Assert.False(ConvolutionSelfCheck.Check(s_signatures[5], type, Convolve).IsRight);
        }

        using var folder = new TinyModelFolder();
        using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(folder.Path), ScalarType.Float32, CPU);
        var e = Assert.Throws<InvalidOperationException>(() => ConvolutionSelfCheck.Require(model, Convolve));
        Assert.Contains("convolutions wrongly on this processor", e.Message, StringComparison.Ordinal);
        Assert.Contains("→", e.Message, StringComparison.Ordinal);
    }
}
