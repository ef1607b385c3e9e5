using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Protection.Encodings;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Memory;
using StyleProtect.Protection.Methods;
using TorchSharp;

namespace StyleProtect.Protection;

/// <summary>How much memory a protection needs at the most, by the model's configuration, and how its steps are cut up to stay below a limit.</summary>
public sealed record MemoryPlan
{
    /// <summary>Bytes that the process may hold; null on a GPU without a limit of the user's.</summary>
    public required long? Limit { get; init; }

    /// <summary>Where the limit comes from, in words.</summary>
    public required string LimitOrigin { get; init; }

    /// <summary>Bytes that the process will hold at the most.</summary>
    public required long Estimate { get; init; }

    /// <summary>The smallest limit with which this request can be computed.</summary>
    public required long Smallest { get; init; }

    /// <summary>Side of a view in pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Views of a step; 0 for the random control.</summary>
    public required int Views { get; init; }

    /// <summary>Views that are computed at once.</summary>
    public required int ViewsAtOnce { get; init; }

    /// <summary>Number of segments in which the autoencoder's encoder is computed again on the way back; 0 when its graph is kept.</summary>
    public required int EncoderSegments { get; init; }

    /// <summary>Side of the encoder's tiles in pixels; null for whole views. Tiles are an approximation (docs/performance.md has its error); everything else is exact.</summary>
    public required int? Tile { get; init; }

    /// <summary>The estimate's parts in bytes: process, weights, training, pictures, step.</summary>
    public required IReadOnlyDictionary<string, long> Parts { get; init; }

    internal StepPlan Step { get; init; } = StepPlan.Whole;

    /// <summary>Plans a request without loading a model. The plan of the request itself is the same as long as the limit is.</summary>
    /// <param name="engine">Model and device.</param>
    /// <param name="pictures">Width and height of the pictures that are protected together.</param>
    /// <param name="options">The settings; null takes the engine's defaults. Layers that only a measurement could choose count as all.</param>
    /// <exception cref="ProtectionException">The settings cannot work, or the limit is too small; the message names the smallest that works.</exception>
    /// <exception cref="CheckpointException">The model's folder is missing, incomplete or not supported.</exception>
    public static MemoryPlan For(StyleProtectorOptions engine, IReadOnlyList<(int Width, int Height)> pictures, ProtectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(pictures);
        var how = options ?? engine.Defaults;
        var recipe = Recipe.Of(how.Method);
        var settings = ResolvedSettings.From(how, recipe);
        var folder = LatentDiffusionLoader.Open(engine.ModelPath);
        var context = new LayerSelectionContext(ModelInspector.LayersOf(folder));
        var footprint = ModelFootprint.Of(folder);
        var trained = footprint.Trained(recipe, recipe.TakesLayers ? Select(how.Layers ?? recipe.DefaultLayers, context) : []);
        return Of(footprint, ComputePlan.Resolve(engine.Device, how.Precision), recipe, settings, trained, pictures, recipe.NeedsStyleEncoder ? StyleBytes(RequestCheck.StyleEncoder(how.StyleEncoder, engine.ModelPath)) : 0);
    }

    /// <summary>The encoder's weights as they are computed with, in fp32; files may hold half of that.</summary>
    internal static long StyleBytes(string folder) => 2 * Directory.EnumerateFiles(folder, "*.safetensors").Sum(f => new FileInfo(f).Length);

    internal static MemoryPlan Of(ModelFootprint model, ComputePlan compute, Recipe recipe, ResolvedSettings settings, long trained, IReadOnlyList<(int Width, int Height)> pictures, long styleEncoder = 0)
    {
        var side = RequestCheck.Resolution(settings.Resolution, model);
        var seen = settings.Reference ? [.. pictures.Select(_ => (side, side))] : pictures;
        var views = recipe.Optimises ? pictures.Count * (settings.Reference ? 1 : 1 + settings.Crops) : 0;
        var need = new MemoryNeed(model, compute.WeightType == torch.ScalarType.BFloat16 ? 2 : 4, side, views, recipe.AsksUNet, trained, seen) { StyleEncoder = recipe.NeedsStyleEncoder ? styleEncoder : null };
        if (settings.MemoryLimit is { } limit) return MemoryPlanner.Plan(need, limit, "asked for");
        return compute.Device.type == DeviceType.CUDA
            ? MemoryPlanner.Plan(need, null, "a GPU's memory is not planned unless a limit is given")
            : MemoryPlanner.Plan(need, MachineMemory.Read().Usable, "nine tenths of what this machine has available");
    }

    private static IReadOnlyList<AttentionLayer> Select(ILayerSelector selector, LayerSelectionContext context)
    {
        try
        {
            var choice = selector.SelectAsync(context, CancellationToken.None);
            return choice.IsCompletedSuccessfully ? choice.Result.Layers : context.Catalog.CrossAttention;
        }
        catch (LayerSelectionException)
        {
            return context.Catalog.CrossAttention;
        }
    }
}
