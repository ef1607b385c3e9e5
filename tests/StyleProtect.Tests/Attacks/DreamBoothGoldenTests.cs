using StyleProtect.Attacks.Mimicry;
using StyleProtect.Tests.Infrastructure;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>One training step of diffusers' DreamBooth script, from pixels to loss and back to every stored gradient.</summary>
public sealed class DreamBoothGoldenTests
{
    [Theory]
    [InlineData("train/dreambooth_noprior_eps")]
    [InlineData("train/dreambooth_prior_eps")]
    [InlineData("train/dreambooth_minsnr5")]
    public void Loss_and_gradients_equal_the_script(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(name);
        using var model = GoldenModels.LatentDiffusion();
        var trained = Named("unet.", model.UNet).Concat(Named("text.", model.TextEncoder)).ToDictionary(StringComparer.Ordinal);
        foreach (var weight in trained.Values) weight.requires_grad_(true);
        var inputs = golden.Inputs();
        var (noise, t) = (inputs["noise"], inputs["t"]);
        var latents = model.Encode(inputs["pixels"], inputs["vae_eps"]);
        var noisy = model.Schedule.AddNoise(latents, noise, t);
        var predicted = model.Predict(noisy, t, model.TextEncoder.Forward(inputs["ids"]).LastHiddenState);
        var config = golden.Entry["config"]!;
        var loss = DreamBoothLoss.Of(model.Schedule, predicted, model.Schedule.Target(latents, noise, t), t, config["snr"]?.GetValue<double>(),
            config["prior"]!.GetValue<bool>() ? 1 : 0);
        golden.AssertOutputsAndGradients(null, inputs, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["out.latents"] = latents,
            ["out.noisy"] = noisy,
            ["out.pred"] = predicted,
            ["out.loss"] = loss,
        });
        AssertGradients(golden, trained);
    }

    private static void AssertGradients(Golden golden, Dictionary<string, Parameter> trained)
    {
        var stored = golden.Under("grad.w.").Keys;
        Assert.Equal(5, stored.Count);
        foreach (var name in stored) golden.AssertEqual("grad.w." + name, trained[name].grad!);
        if (golden.Entry["grad_l2"]?.AsObject() is not { } norms) return;
        // Some gradients are zero in exact arithmetic (a bias on all keys): what is left there is rounding.
        var zero = 1e-6 * norms.Max(n => n.Value!.GetValue<double>());
        foreach (var (name, weight) in trained)
        {
            var norm = norms[name]!.GetValue<double>();
            Assert.Equal(norm, weight.grad!.to(float64).norm().item<double>(), (2e-4 * norm) + zero);
        }
    }

    private static IEnumerable<KeyValuePair<string, Parameter>> Named(string prefix, nn.Module module) =>
        module.named_parameters().Select(p => KeyValuePair.Create(prefix + p.name, p.parameter));
}
