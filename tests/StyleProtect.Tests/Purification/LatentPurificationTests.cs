using StyleProtect.Attacks.Purification;
using StyleProtect.Diffusion.Schedulers;
using StyleProtect.Kernels;
using StyleProtect.Perception;
using StyleProtect.Testing;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Shared;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Purification;

/// <summary>The mechanics on the tiny model, whose weights are random.</summary>
[Collection(SerialCollection.Name)]
public sealed class LatentPurificationTests(TinySimulator tiny) : IClassFixture<TinySimulator>
{
    private readonly PurifierServices _services = new() { Host = tiny.Simulator.Host };

    [Theory]
    [InlineData("vae")]
    [InlineData("sdedit:0.3:10")]
    [InlineData("gridpure:10:2")]
    [InlineData("vae+jpeg:80")]
    public void A_purifier_keeps_size_depth_and_alpha_is_deterministic_and_leaves_no_tensor(string text)
    {
        var picture = TestPictures.Random(45, 35, 16, true, 3);
        var purifier = Purifiers.Parse(text, _services);
        var once = purifier.Purify(picture);
        Assert.Equal((45, 35, 16, text), (once.Width, once.Height, once.BitDepth, purifier.Name));
        Assert.Equal(picture.Alpha.ToArray(), once.Alpha.ToArray());
        Assert.NotEqual(picture.Rgb.ToArray(), once.Rgb.ToArray());
        var live = LiveTensors.Count();
        Assert.Equal(once.Rgb.ToArray(), purifier.Purify(picture).Rgb.ToArray());
        Assert.Equal(live, LiveTensors.Count());
    }

    [Fact]
    public async Task The_round_trip_decodes_the_mean_of_the_encoded_picture()
    {
        var picture = TestPictures.Random(32, 48, 8, false, 3);
        var expected = await TinySimulator.WithModel(
            tiny.Simulator, model =>
            {
                using var frozen = no_grad();
                using var scope = NewDisposeScope();
                var moments = model.Autoencoder.Moments(PicturePlanes.Of(picture).unsqueeze(0));
                return model.Autoencoder.Network.Decode(moments.chunk(2, 1)[0]).Clamp(-1, 1).Add(1).Mul(127.5).data<float>().ToArray();
            });
        var actual = Purifiers.Parse("vae", _services).Purify(picture).ToPlanarRgb();
        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected[i], actual[i], 0.51);
    }

    /// <summary>With one step of the walk the result is the clean picture that the model predicts behind the noise: DDIM's own formula.</summary>
    [Fact]
    public async Task Editing_adds_noise_and_takes_it_out_with_the_model()
    {
        var picture = TestPictures.Random(32, 32, 8, false, 3);
        var expected = await TinySimulator.WithModel(
            tiny.Simulator, model =>
            {
                using var frozen = no_grad();
                using var scope = NewDisposeScope();
                using var generator = new Generator(PictureNoise.Seed(picture));
                var latents = model.Encode(PicturePlanes.Of(picture).unsqueeze(0), zeros(model.LatentShape(1, 32, 32)));
                var noise = randn(latents.shape, generator: generator);
                // One of four steps: timestep 0 in the leading spacing of DDIM.
                var noisy = model.Schedule.AddNoise(latents, noise, tensor(new long[] { 0 }));
                var predicted = model.Predict(noisy, tensor(new long[] { 0 }), model.EncodePrompt(""));
                var signal = model.Schedule.AlphaCumprod(0);
                var clean = ModelPrediction.Clean(model.Schedule.Config.PredictionType, predicted, noisy, Math.Sqrt(signal), Math.Sqrt(1 - signal));
                return model.Decode(clean).Clamp(-1, 1).Add(1).Mul(127.5).data<float>().ToArray();
            });
        var actual = Purifiers.Parse("sdedit:0.25:4", _services).Purify(picture).ToPlanarRgb();
        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected[i], actual[i], 0.6);
    }

    [Theory]
    [InlineData("sdedit")]
    [InlineData("sdedit:1.5")]
    [InlineData("gridpure:0")]
    [InlineData("vae:1")]
    public void Settings_out_of_range_are_refused(string text) =>
        Assert.Contains("does not fit", Assert.Throws<ArgumentException>(() => Purifiers.Parse(text, _services)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_simulator_that_is_gone_is_an_error()
    {
        using var model = new TinyModelFolder();
        var simulator = TinySimulator.Create(model);
        var purifier = Purifiers.Parse("vae", new PurifierServices { Host = simulator.Host });
        simulator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => purifier.Purify(TestPictures.Random(32, 32, 8, false, 1)));
    }
}
