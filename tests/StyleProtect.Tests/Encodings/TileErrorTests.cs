using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using StyleProtect.Protection.Benchmarking;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Objectives;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Encodings;

/// <summary>
/// What tiles change on the embedded model and a real picture: latents, and the gradient that a protection step follows (docs/performance.md has the figures).
/// </summary>
public sealed class TileErrorTests
{
    [Fact]
    public void Tiles_change_little_on_the_embedded_model()
    {
        const int side = 512;
        using var scope = NewDisposeScope();
        using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(Path.Combine(AppContext.BaseDirectory, "models", "mini")), ScalarType.Float32,
            CPU);
        var artwork = Artwork.Load(Path.Combine(StyleProtect.Testing.Checkout.Folder, "samples", "artworks", "van-goghs-room-1024.png"));
        var view = tensor(artwork.ToPlanarRgb()).view(1, 3, artwork.Height, artwork.Width).narrow(2, 0, side).narrow(3, 64, side).Mul(2).Sub(1).contiguous();
        var objective = new DenoisingLoss(model, model.EncodePrompt(ModelFolder.FallbackPrompt));
        using var generator = new Generator(1);
        var draws = NoiseSample.Draw(model.LatentShape(1, side, side), model.Schedule.Config.NumTrainTimesteps, generator, CPU);
        var whole = StepPartition.Whole.Encode(model.Autoencoder, view, TestContext.Current.CancellationToken).Moments;
        var gradient = new GradientStep(model.Autoencoder, objective).Run(view, draws).Gradient;
        foreach (var tile in (int[])[320, 256])
        {
            var plan = new StepPartition(1, EncoderGraph.Full, tile);
            var tiled = plan.Encode(model.Autoencoder, view, TestContext.Current.CancellationToken).Moments;
            var error = ((tiled - whole).norm() / whole.norm()).item<float>();
            var agreement = GradientAgreement.Between(new GradientStep(model.Autoencoder, objective, plan).Run(view, draws).Gradient, gradient.clone());
            var said =
                $"view {side}, tile {tile}: moments {error:0.0000}, gradient's cosine {agreement.Cosine:0.0000}, equal signs {agreement.EqualSigns:0.0000}";
            TestContext.Current.TestOutputHelper?.WriteLine(said);
            Assert.True(error is >= 1e-6f and <= 0.5f, said);
            Assert.True(agreement.Cosine is >= 0.5 and <= 1, said);
        }
    }
}
