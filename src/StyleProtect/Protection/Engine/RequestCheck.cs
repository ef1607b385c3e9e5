using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Perception;
using StyleProtect.Runtime.Memory;

namespace StyleProtect.Protection.Engine;

/// <summary>What a request must fulfil before it is queued, beside the ranges of its options.</summary>
internal static class RequestCheck
{
    /// <summary>Checks the pictures.</summary>
    /// <exception cref="ProtectionException">There is none, one is too small, or ε is too small to change it; the message names it.</exception>
    internal static void Pictures(IReadOnlyList<Artwork> artworks, ResolvedSettings settings, IFraming framing)
    {
        if (artworks.Count == 0) throw new ProtectionException("The request has no picture.");
        for (var i = 0; i < artworks.Count; i++)
        {
            if (artworks[i] is not { } artwork) throw new ProtectionException($"Picture {i + 1} of the request is null.");
            var name = artwork.SourcePath is { } path ? $"The picture '{path}'" : $"Picture {i + 1} of the request";
            if (Math.Min(artwork.Width, artwork.Height) < StyleProtector.SmallestSide)
                throw new ProtectionException($"{name} has {artwork.Width} × {artwork.Height} pixels; each side needs at least {StyleProtector.SmallestSide}.");
            // Below one step of the grid every change rounds to nothing: the picture would be called protected and be the original.
            var depth = framing.BitDepth(artwork);
            var smallest = PerturbedImage.SmallestEpsilon(depth);
            if (settings.Epsilon < smallest)
                throw new ProtectionException($"{name} is written with {depth} bits a sample, and ε = {settings.Epsilon} is less than one step of it: " +
                    $"nothing could change. Use at least {smallest:0.####}.");
        }
    }

    /// <summary>Checks that a model has what a method needs.</summary>
    /// <param name="method">The method.</param>
    /// <param name="model">The model, or the first member of an ensemble.</param>
    /// <param name="withoutUNet">Why its U-Net cannot be asked, or null.</param>
    /// <exception cref="ProtectionException">The method asks a U-Net and the model has none; the message lists the methods that ask none.</exception>
    internal static void Model(ProtectionMethod method, ModelSource model, string? withoutUNet)
    {
        if (!method.UsesUNet || withoutUNet is null) return;
        var others = ProtectionMethod.BuiltIn.Where(m => m.Optimises && !m.UsesUNet).Select(m => m.Name);
        throw new ProtectionException(
            $"The method '{method.Name}' asks the U-Net, and the model '{model.Name}' has none that it could ask: {withoutUNet}. " +
            $"Methods that need only an autoencoder: {string.Join(", ", others)}.")
        { ConcernsEveryPicture = true };
    }

    /// <summary>What is said when the model decided which method is used.</summary>
    internal static IEnumerable<string> MethodNote(ProtectionOptions asked, ProtectionOptions used) => asked.Method == used.Method
        ? [] : [$"The model has only an autoencoder, so the method is {used.Method.Name} where none is chosen."];

    /// <summary>Checks that the loaded autoencoders can decode where a method needs that.</summary>
    /// <exception cref="ProtectionException">One has only its encoder.</exception>
    internal static void Decoders(ProtectionMethod method, LatentDiffusionModel model)
    {
        if (method.Needs.HasFlag(MethodNeeds.Decoder) && !model.Autoencoders.All(a => a.Network.CanDecode))
            throw new ProtectionException($"The method '{method.Name}' decodes latents, and the model has only an encoder; name a model with a decoder.")
            { ConcernsEveryPicture = true };
    }

    /// <summary>The side of the views: the model's own unless another was asked for.</summary>
    /// <exception cref="ProtectionException">The model cannot halve it often enough.</exception>
    internal static int Resolution(int? asked, ModelFootprint model)
    {
        if (asked is not { } side || side % model.SizeStep == 0) return asked ?? model.PictureSize;
        var example = Math.Max(1, side / model.SizeStep) * model.SizeStep;
        throw new ProtectionException(
            $"A resolution of {side} pixels does not suit this model: it must be a multiple of {model.SizeStep}, for example {example}; its own is " +
            $"{model.PictureSize}.");
    }

    /// <summary>The folder of the style encoder: the one that was asked for, or the model's own.</summary>
    /// <exception cref="ProtectionException">None was asked for, and the model has none.</exception>
    internal static string StyleEncoder(string? asked, string modelPath)
    {
        var folder = asked ?? ImageEncoders.StyleClassifierOf(modelPath);
        if (File.Exists(Path.Combine(folder, "config.json"))) return Path.GetFullPath(folder);
        throw new ProtectionException(asked is null
            ? $"The model in '{modelPath}' has no style classifier of its own ({folder}): name an encoder's folder with StyleEncoder (on the command line " +
                "--style-encoder), for example CSD's or CLIP's."
            : $"'{asked}' is no style encoder: there is no config.json in it.")
        { ConcernsEveryPicture = true };
    }

    /// <summary>Checks what a layer selector, perhaps a user's own, has chosen.</summary>
    /// <exception cref="ProtectionException">It chose nothing at all, a layer twice, or one that the model does not have.</exception>
    internal static LayerSelection Selection(LayerSelection? selection, LayerCatalog catalog, ILayerSelector selector)
    {
        var who = $"The layer selector {selector.GetType().Name}";
        if (selection?.Layers is not { } layers) throw new ProtectionException($"{who} returned null; return a selection without layers to train none.");
        var names = catalog.CrossAttention.Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            if (layer is null || !names.Contains(layer.Name))
                throw new ProtectionException(
                    $"{who} chose the layer '{layer?.Name}', which this model does not have. Choose from the catalog of its context.");
        }

        var twice = layers.GroupBy(l => l.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? selection : throw new ProtectionException($"{who} chose the layer '{twice.Key}' twice.");
    }
}
