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
    [Theory]
    [InlineData(512, 320)]
    [InlineData(512, 256)]
    public void Tiles_change_little_on_the_embedded_model(int side, int tile)
    {
        using var scope = NewDisposeScope();
        using var model = LatentDiffusionLoader.Load(LatentDiffusionLoader.Open(Path.Combine(AppContext.BaseDirectory, "models", "mini")), ScalarType.Float32,
            CPU);
        var artwork = Artwork.Load(Path.Combine(StyleProtect.Testing.Checkout.Folder, "samples", "artworks", "van-goghs-room-1024.png"));
        var view = tensor(artwork.ToPlanarRgb()).view(1, 3, artwork.Height, artwork.Width).narrow(2, 0, side).narrow(3, 64, side).Mul(2).Sub(1).contiguous();
        var objective = new DenoisingLoss(model, model.EncodePrompt(ModelFolder.FallbackPrompt));
        using var generator = new Generator(1);
        var draws = NoiseSample.Draw(model.LatentShape(1, side, side), model.Schedule.Config.NumTrainTimesteps, generator, CPU);
        var plan = new StepPartition(1, EncoderGraph.Full, tile);
        Tensor whole = StepPartition.Whole.Encode(model.Autoencoder, view, TestContext.Current.CancellationToken).Moments,
            tiled = plan.Encode(model.Autoencoder, view, TestContext.Current.CancellationToken).Moments;
        var error = ((tiled - whole).norm() / whole.norm()).item<float>();
        var agreement = GradientAgreement.Between(new GradientStep(model.Autoencoder, objective, plan).Run(view, draws).Gradient,
            new GradientStep(model.Autoencoder, objective).Run(view, draws).Gradient);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"view {side}, tile {tile}: moments {error:0.0000}, gradient's cosine {agreement.Cosine:0.0000}, equal signs {agreement.EqualSigns:0.0000}");
        Assert.InRange(error, 1e-6, 0.5);
        Assert.InRange(agreement.Cosine, 0.5, 1);
    }
}
