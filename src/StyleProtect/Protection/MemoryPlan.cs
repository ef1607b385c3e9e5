using System.Text.Json.Serialization;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Memory;
using StyleProtect.Protection.Views;
using StyleProtect.Runtime;
using StyleProtect.Runtime.Encodings;
using StyleProtect.Runtime.Memory;
using TorchSharp;

namespace StyleProtect.Protection;

/// <summary>How much memory a protection needs at the most, by the model's configuration, and how its steps are divided to stay below a limit.</summary>
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
    [JsonPropertyName("viewsAtOnce")]
    public required int MicroBatch { get; init; }

    /// <summary>Number of segments in which the autoencoder's encoder is computed again on the way back; 0 when its graph is kept.</summary>
    public required int EncoderSegments { get; init; }

    /// <summary>
    /// Side of the encoder's tiles in pixels; null for whole views. Tiles are an approximation (docs/performance.md has its error); everything else is exact.
    /// </summary>
    public required int? Tile { get; init; }

    /// <summary>The estimate's parts in bytes: process, weights, training, pictures, step.</summary>
    public required IReadOnlyDictionary<string, long> Parts { get; init; }

    internal StepPartition Partition { get; init; } = StepPartition.Whole;

    /// <summary>Plans a request without loading a model. The plan of the request itself is the same as long as the limit is.</summary>
    /// <param name="engine">Model and device.</param>
    /// <param name="pictures">Width and height of the pictures that are protected together.</param>
    /// <param name="options">The settings; null takes the engine's defaults. Layers that only a measurement could choose count as all.</param>
    /// <exception cref="ProtectionException">The settings cannot work, or the limit is too small; the message names the smallest that works.</exception>
    /// <exception cref="CheckpointException">The model is missing, incomplete or not supported.</exception>
    public static MemoryPlan For(StyleProtectorOptions engine, IReadOnlyList<(int Width, int Height)> pictures, ProtectionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(pictures);
        var sources = ModelInspector.Open(engine);
        var how = (options ?? engine.Defaults).For(sources);
        var method = how.Method;
        ResolvedSettings.From(how);
        RequestCheck.Model(method, sources[0], ModelInspector.UNetProblem(sources));
        var context = new LayerSelectionContext(ModelInspector.LayersOf(sources));
        var layers = method.TakesLayers ? Select(how.Layers ?? LayerSelectors.Parse(method.DefaultLayers), context) : [];
        var style = method.NeedsStyleEncoder ? RequestCheck.StyleEncoder(how.StyleEncoder, sources[0].Root) : null;
        try
        {
            return Of(ModelFootprint.Of(sources), ComputePlan.Resolve(engine.Device, how.Precision ?? engine.Precision), how, layers, pictures, style);
        }
        catch (ModelHostException e)
        {
            throw new ProtectionException(e.Message, e);
        }
    }

    /// <summary>Plans a request.</summary>
    /// <param name="model">What of the model decides how much it needs.</param>
    /// <param name="compute">Device and element type.</param>
    /// <param name="options">The settings.</param>
    /// <param name="layers">The layers whose K and V are trained.</param>
    /// <param name="pictures">Width and height of the pictures.</param>
    /// <param name="styleFolder">The style encoder's folder; null for none.</param>
    internal static MemoryPlan Of(
        ModelFootprint model, ComputePlan compute, ProtectionOptions options, IEnumerable<AttentionLayer> layers,
        IReadOnlyList<(int Width, int Height)> pictures, string? styleFolder = null)
    {
        var (method, side) = (options.Method, RequestCheck.Resolution(options.Resolution, model));
        var framing = IFraming.Of(options.OfficialScript, side);
        IReadOnlyList<(int Width, int Height)> seen = [.. pictures.Select(p => framing.SizeOf(p.Width, p.Height))];
        var (views, largest) = method.Guard(() => ViewsOf(method, framing, seen, side, model.SizeStep));
        var trained = method.Guard(() => method.OuterLoop?.TrainedParameters(model.UNetParameters, model.AdapterParameters))
            ?? layers.Sum(l => l.KeyValueParameters);
        var need = new MemoryNeed(model, compute.WeightType == torch.ScalarType.BFloat16 ? 2 : 4, largest, views, method.UsesUNet, trained, seen)
        {
            Decodes = method.Needs.HasFlag(MethodNeeds.Decoder),
            StyleEncoder = styleFolder is null ? 0 : StyleBytes(styleFolder),
        };
        if (options.MemoryLimit is { } limit) return MemoryPlanner.Plan(need, limit, "asked for");
        return compute.Device.type == DeviceType.CUDA
            ? MemoryPlanner.Plan(need, null, "a GPU's memory is not planned unless a limit is given")
            : MemoryPlanner.Plan(need, MachineMemory.Read().Usable, "nine tenths of what this machine has available");
    }

    /// <summary>Number of views of a step, and the longest side of one.</summary>
    private static (int Count, int Side) ViewsOf(ProtectionMethod method, IFraming framing, IReadOnlyList<(int Width, int Height)> pictures, int side,
        int sizeStep)
    {
        if (!method.Optimises) return (0, side);
        if (method.Views is null) return (pictures.Count * framing.ViewsPerImage, side);
        var sampler = method.Views(new ViewSamplerContext(side, sizeStep));
        ViewRegion[] sampled = [.. pictures.SelectMany(p => sampler.Sample(p.Width, p.Height, new Random(0)) ?? [])];
        return (sampled.Length, sampled.Select(v => Math.Max(v.Width, v.Height)).DefaultIfEmpty(side).Max());
    }

    /// <summary>The encoder's weights as they are computed with, in fp32; files may hold half of that.</summary>
    private static long StyleBytes(string folder) => 2 * Directory.EnumerateFiles(folder, "*.safetensors").Sum(LinkedFile.LengthOf);

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
