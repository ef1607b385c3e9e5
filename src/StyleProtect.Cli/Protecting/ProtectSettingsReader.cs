using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Checks what was typed, before anything is read or loaded.</summary>
internal static class ProtectSettingsReader
{
    /// <summary>Turns words into settings.</summary>
    /// <exception cref="CommandException">A word is wrong; the message names the option, the value and what to do.</exception>
    internal static ProtectSettings Read(ProtectArguments typed)
    {
        if (typed.Inputs.Count == 0)
            throw CommandException.Usage("no picture or folder was given.", "Example: styleprotect protect artworks -o protected");
        if (string.IsNullOrWhiteSpace(typed.Output))
            throw CommandException.Usage("-o <folder> is missing: where shall the protected pictures go?", "Example: styleprotect protect artworks -o protected");

        var method = typed.Method is { } name ? MethodNames.Parse(name) : new ProtectionOptions().Method;
        var (epsilon, strength) = StrengthReader.Read(typed.Epsilon, typed.Strength);
        if (typed is { Together: true, Batch: not null })
            throw CommandException.Usage("--together and --batch exclude each other.", "--together puts all pictures into one batch.");

        var options = new ProtectionOptions
        {
            Method = method,
            Epsilon = epsilon,
            Steps = (int?)WordReader.Integer("--steps", typed.Steps, 1, ProtectionOptions.MaxSteps, "20"),
            Draws = (int?)WordReader.Integer("--draws", typed.Draws, 1, ProtectionOptions.MaxNoiseSamples, "4"),
            LearningRate = typed.LearningRate is { } rate ? WordReader.Number("--learning-rate", rate, "2e-4") : null,
            SurrogateSteps = (int?)WordReader.Integer("--surrogate-steps", typed.SurrogateSteps, 1, ProtectionOptions.MaxSteps, "100"),
            Seed = WordReader.Integer("--seed", typed.Seed, long.MinValue, long.MaxValue, "42") ?? new ProtectionOptions().Seed,
            Layers = Layers(typed.Layers, method),
            Prompt = typed.Prompt,
            Target = Target(typed.Target),
            StyleEncoder = typed.StyleEncoder,
            Reference = typed.Reference,
            Resolution = (int?)WordReader.Integer("--resolution", typed.Resolution, 1, ProtectionOptions.MaxResolution, "512"),
            MemoryLimit = MemoryWords.Read("--memory", typed.Memory),
            Precision = ComputeWords.Precision(typed.Precision),
        };
        return new ProtectSettings
        {
            Inputs = typed.Inputs,
            Output = typed.Output,
            Format = typed.Format is { } format ? PictureFormat.Parse(format) : PictureFormat.Png,
            Layers = typed.Layers,
            Target = typed.Target,
            Strength = strength,
            Batch = WordReader.Integer("--batch", typed.Batch, 1, ProtectSettings.MaxBatch, "4") is { } batch ? (int)batch : ProtectSettings.DefaultBatch,
            Together = typed.Together,
            Threads = (int?)WordReader.Integer("--threads", typed.Threads, 1, 1024, "2"),
            Explain = typed.Explain,
            Recursive = typed.Recursive,
            Overwrite = typed.Overwrite,
            Json = typed.Json,
            Verbose = typed.Verbose,
            Engine = ComputeWords.Engine(typed.Model, typed.Device, options),
            Options = options,
        };
    }

    private static Artwork? Target(string? path)
    {
        if (path is null) return null;
        try
        {
            return Artwork.Load(path);
        }
        catch (ArtworkException e)
        {
            throw CommandException.Usage($"--target: {e.Message}", cause: e);
        }
    }

    private static ILayerSelector? Layers(string? text, ProtectionMethod method)
    {
        if (text is null) return null;
        if (!ProtectionMethods.Of(method).TakesLayers)
            throw CommandException.Usage($"--layers has no meaning with --method {ProtectionMethods.Of(method).Name}: it trains no layers' K and V.", "Leave --layers out.");
        if (text.Split(',').All(string.IsNullOrWhiteSpace))
            throw CommandException.Usage("--layers is empty.", "Give paper, all, none, or names separated by commas; `styleprotect layers` lists them.");
        try
        {
            return LayerSelectors.Parse(text);
        }
        catch (LayerSelectionException e)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
    }
}
