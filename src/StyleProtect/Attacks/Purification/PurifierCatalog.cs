using StyleProtect.Artworks;
using StyleProtect.Runtime.Views;

namespace StyleProtect.Attacks.Purification;

/// <summary>Every kind of purifier by its name, with its ranges and defaults.</summary>
internal static class PurifierCatalog
{
    private const int Timesteps = 999;

    internal static IReadOnlyDictionary<string, PurifierKind> Kinds { get; } = new PurifierKind[]
    {
        new("jpeg:quality[:420|444]", 2, (w, _) =>
        {
            var (quality, halfColour) = (w.Whole(0, "quality", 1, 100), w.Choice(1, "the subsampling", "420", "444") == "420");
            return a => Compression.Jpeg(a, quality, halfColour);
        }),
        new("webp:quality", 1, (w, _) => With(w.Whole(0, "quality", 1, 100), Compression.WebP)),
        new("resize:factor[:lanczos|bicubic|bilinear|box]", 2, (w, _) =>
        {
            var factor = w.Number(0, "factor", 0.05, 1);
            var filter = Enum.Parse<ResamplingFilter>(w.Choice(1, "the filter", "lanczos", "bicubic", "bilinear", "box"), ignoreCase: true);
            return a => Resizing.DownAndUp(a, factor, filter);
        }),
        new("crop:share", 1, (w, _) => With(w.Number(0, "share", 0.1, 1), Resizing.CropAndEnlarge)),
        new("blur:σ", 1, (w, _) => With(w.Number(0, "σ", 0.1, 50), Smoothing.Blur)),
        new("median:size", 1, (w, _) => With(w.Odd(0, "size", 1, 31), Smoothing.Median)),
        new("noise:σ", 1, (w, _) => With(w.Number(0, "σ", 0.001, 1), PictureNoise.Add)),
        new("bits:n", 1, (w, _) => With(w.Whole(0, "n", 1, 8), Smoothing.Quantise)),
        new("tv[:weight]", 1, (w, _) => With(w.Number(0, "weight", 0.001, 10, 0.1), TotalVariation.Denoise)),
        new("bilateral:diameter:σcolour:σspace", 3, (w, _) =>
        {
            var (diameter, colour, space) = (w.Odd(0, "diameter", 3, 31), w.Number(1, "σcolour", 0.1, 1000), w.Number(2, "σspace", 0.1, 1000));
            return a => Smoothing.Bilateral(a, diameter, colour, space);
        }),
        new("guided:radius:ε", 2, (w, _) =>
        {
            var (radius, epsilon) = (w.Whole(0, "radius", 1, 100), w.Number(1, "ε", 0.01, 65025));
            return a => Smoothing.Guided(a, radius, epsilon);
        }),
        new("adverse-cleaner", 0, (_, _) => Smoothing.AdverseCleaner),
        new("vae", 0, (_, s) =>
        {
            var model = s.Model<float[]>("vae", asksUNet: false);
            return a => a.WithPlanarRgb(model(m => LatentPurification.Autoencode(m, a)));
        }),
        new("sdedit:strength[:steps]", 2, (w, s) =>
        {
            var (strength, steps) = (w.Number(0, "strength", 0.001, 1), w.Whole(1, "steps", 1, 1000, 50));
            if ((int)(strength * steps) < 1) throw w.Misfit($"strength × steps is at least 1, and {strength} of {steps} steps is none");
            var model = s.Model<float[]>("sdedit");
            return a => a.WithPlanarRgb(model(m => LatentPurification.Edit(m, a, strength, steps)));
        }),
        new("gridpure[:timestep[:iterations]]", 2, (w, s) =>
        {
            var (timestep, iterations) = (w.Whole(0, "timestep", 1, Timesteps, 10), w.Whole(1, "iterations", 1, 1000, 20));
            var model = s.Model<float[]>("gridpure");
            return a => a.WithPlanarRgb(model(m => LatentPurification.Grid(m, a, timestep, iterations)));
        }),
        new("noisy-upscale[:σ[:file.safetensors]]", 2, (w, s) =>
        {
            var (sigma, upscaler) = (w.Number(0, "σ", 0, 1, 0.1), w.File(1) is { } file ? new Waifu2xUpscaler(file) : s.Upscaler);
            return a => NoisyUpscaling.Apply(a, sigma, upscaler);
        }),
        new("waifu2x:file.safetensors", 1, (w, _) =>
        {
            var network = Waifu2xNetwork.Open(w.File(0) ?? throw w.Misfit($"the weights file is missing. {Waifu2xNetwork.HowToGet}"));
            return network.Apply;
        }),
    }.ToDictionary(k => k.Name, StringComparer.Ordinal);

    private static Func<Artwork, Artwork> With<T>(T setting, Func<Artwork, T, Artwork> change) => a => change(a, setting);
}

/// <summary>A kind of purifier.</summary>
/// <param name="Usage">Name and settings, "jpeg:quality[:420|444]"; the name ends at the first colon or bracket.</param>
/// <param name="Settings">Most settings; the last may hold colons itself.</param>
/// <param name="Make">Reads the settings and makes the change.</param>
internal sealed record PurifierKind(string Usage, int Settings, Func<PurifierWords, PurifierServices, Func<Artwork, Artwork>> Make)
{
    internal string Name { get; } = Usage.Split(':', '[')[0];
}
