using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using StyleProtect.Layers;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Protection.Surrogates;
using StyleProtect.Protection.Views;

namespace StyleProtect.Protection;

/// <summary>
/// A protection method as data: an objective, what it needs, the parts that it plugs into the engine's loop, and the budgets that it spends. The static members
/// are the built-in methods; a method of one's own is another instance, or a class that sets the members in its constructor (docs/extending.md). Two methods
/// are equal when they are the same instance.
/// </summary>
[TypeConverter(typeof(ProtectionMethodTypeConverter))]
[JsonConverter(typeof(ProtectionMethodJsonConverter))]
public partial class ProtectionMethod
{
    /// <summary>Short name in lower case, as on the command line and in sidecars: letters, digits and hyphens, beginning with a letter.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Where it was published.</summary>
    public required string Source { get; init; }

    /// <summary>Makes the objective of a job, which the image steps raise; null for a method that takes no steps (the random control).</summary>
    public required Func<ObjectiveContext, IObjective>? Objective { get; init; }

    /// <summary>What it needs beside the autoencoder.</summary>
    public MethodNeeds Needs { get; init; }

    /// <summary>What it spends by default.</summary>
    public required MethodBudget Usual { get; init; }

    /// <summary>What the official script spends (<see cref="ProtectionOptions.OfficialScript"/>).</summary>
    /// <value>The default is <see cref="Usual"/>.</value>
    public MethodBudget Script
    {
        get => field ?? Usual;
        init;
    }

    /// <summary>
    /// Cross-attention layers whose K and V are trained along with the image when the request does not choose, as <see cref="LayerSelectors.Parse"/> reads
    /// them.
    /// </summary>
    /// <value>The default is <c>none</c>.</value>
    public string DefaultLayers { get; init; } = "none";

    /// <summary>Whether the latents are the posterior's mean instead of a sample.</summary>
    public bool EncodesMean { get; init; }

    /// <summary>
    /// Whether the image starts from uniform noise of ±ε around the original instead of from the original. Not with a parametrisation, which chooses its own
    /// start.
    /// </summary>
    public bool StartsRandomly { get; init; }

    /// <summary>Chooses what the model sees of an image in a step.</summary>
    /// <value>Null takes the whole image and random crops of it (in official script mode the squashed image).</value>
    public Func<ViewSamplerContext, IViewSampler>? Views { get; init; }

    /// <summary>Applied to the views before the encoder: what may happen to a picture on its way. Null for none.</summary>
    public ITransformation? Transformation { get; init; }

    /// <summary>What is optimised instead of the image's samples. Null for the samples themselves.</summary>
    public IParametrisation? Parametrisation { get; init; }

    /// <summary>How a step follows the gradient.</summary>
    /// <value>The default is the gradient's sign.</value>
    public IUpdateRule UpdateRule { get; init; } = UpdateRules.Sign;

    /// <summary>How ε is spread over the pixels. Null for everywhere alike.</summary>
    public IBudgetMap? BudgetMap { get; init; }

    /// <summary>Trains weights of its own from the image step's backward pass. Null for K and V of the chosen layers, or nothing.</summary>
    public Func<SurrogateContext, ISurrogate>? Surrogate { get; init; }

    /// <summary>Runs the image steps and what is trained between them. Null for the steps one after another.</summary>
    public IOuterLoop? OuterLoop { get; init; }

    /// <summary>Whether it takes image steps at all.</summary>
    public bool Optimises => Objective is not null;

    /// <summary>Whether it can train K and V of chosen layers (<see cref="ProtectionOptions.Layers"/>).</summary>
    public bool TakesLayers => Needs.HasFlag(MethodNeeds.UNet) && OuterLoop is null && Surrogate is null;

    /// <summary>Whether anything is trained beside the image, so that a learning rate has a meaning.</summary>
    public bool Trains => TakesLayers || OuterLoop is not null || Surrogate is not null;

    /// <summary>Whether it draws to a target picture (<see cref="ProtectionOptions.Target"/>).</summary>
    public bool TakesTarget => (Needs & (MethodNeeds.Target | MethodNeeds.OptionalTarget)) != MethodNeeds.None;

    internal bool NeedsStyleEncoder => Needs.HasFlag(MethodNeeds.StyleEncoder);

    internal bool UsesUNet => Needs.HasFlag(MethodNeeds.UNet);

    /// <summary>The budget of a mode: the one place that chooses.</summary>
    internal MethodBudget Budget(bool officialScript) => officialScript ? Script : Usual;

    /// <summary>Reads the name of a built-in method; letter case and hyphens do not count.</summary>
    /// <param name="text">For example <c>mist-v2</c>.</param>
    /// <exception cref="FormatException">There is no built-in method of this name; the message lists them.</exception>
    public static ProtectionMethod Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var method)
            ? method : throw new FormatException($"There is no method '{text}'. There are: {string.Join(", ", BuiltIn.Select(m => m.Name))}.");
    }

    /// <summary>Reads the name of a built-in method.</summary>
    /// <param name="text">The name, or null.</param>
    /// <param name="method">The method.</param>
    /// <returns>Whether there is one of this name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ProtectionMethod? method)
    {
        var wanted = Plain(text ?? "");
        // "RandomNoise" was the name of the enumeration's value in version 0.1.
        method = wanted == "randomnoise" ? RandomNoise : BuiltIn.FirstOrDefault(m => Plain(m.Name) == wanted);
        return method is not null;

        static string Plain(string name) => name.Trim().Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Runs work that calls parts of the method. What a method from outside throws says nothing of where it came from, so its name is added.</summary>
    /// <param name="work">The work.</param>
    /// <param name="callers">What somebody else than the method threw meanwhile, or null.</param>
    /// <exception cref="ProtectionException">A part of the method failed.</exception>
    internal T Guard<T>(Func<T> work, Func<Exception?>? callers = null)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (!BuiltIn.Contains(this) && e is not (OperationCanceledException or ProtectionException)
            && !ReferenceEquals(e, callers?.Invoke()))
        {
            throw new ProtectionException($"The method '{Name}' failed: {e.Message}", e);
        }
    }

    /// <summary>What of the description cannot work.</summary>
    /// <exception cref="ProtectionException">The message names the method and the member.</exception>
    internal void Validate()
    {
        if (Name is not [>= 'a' and <= 'z', ..] || !Name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
            throw Fault("its name must be letters, digits and hyphens in lower case, beginning with a letter");
        if (StartsRandomly && Parametrisation is not null)
            throw Fault($"{nameof(StartsRandomly)} and a {nameof(Parametrisation)} exclude each other: a parametrisation chooses its own start");
        if (OuterLoop is not null && !UsesUNet)
            throw Fault($"its {nameof(OuterLoop)} trains the U-Net, and {nameof(Needs)} does not name {nameof(MethodNeeds.UNet)}");
        if (Usual is null) throw Fault($"its {nameof(Usual)} is null");
        if (UpdateRule is null) throw Fault($"its {nameof(UpdateRule)} is null");
        foreach (var (what, budget) in (ReadOnlySpan<(string, MethodBudget)>)[(nameof(Usual), Usual), (nameof(Script), Script)])
        {
            if (Optimises != budget.Steps > 0)
                throw Fault($"{what}.{nameof(budget.Steps)} is {budget.Steps}, and it {(Optimises ? "has an" : "has no")} {nameof(Objective)}");
            if (Optimises && !(budget.StepSize.Value > 0)) throw Fault($"{what}.{nameof(budget.StepSize)} is {budget.StepSize.Value}; it must be above 0");
            if (!(budget.Decay is >= 0 and < 1)) throw Fault($"{what}.{nameof(budget.Decay)} is {budget.Decay}; it must be at least 0 and below 1");
            if (budget.Rounds < 1) throw Fault($"{what}.{nameof(budget.Rounds)} is {budget.Rounds}; it must be at least 1");
        }

        ProtectionException Fault(string fault) => new($"The method '{Name}' cannot be used: {fault}.");
    }
}

/// <summary>What a method needs beside the autoencoder's encoder.</summary>
[Flags]
public enum MethodNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The U-Net.</summary>
    UNet = 1,

    /// <summary>The autoencoder's decoder, with gradients: counted in the memory plan.</summary>
    Decoder = 2,

    /// <summary>A target picture; without one in the request it is a pattern of black and white cells.</summary>
    Target = 4,

    /// <summary>A target picture where the request has one.</summary>
    OptionalTarget = 8,

    /// <summary>A style encoder: the request's, or the model's own style classifier.</summary>
    StyleEncoder = 16,

    /// <summary>Pictures of another artist in the request.</summary>
    OtherArtist = 32,
}

/// <summary>Reads methods from configuration.</summary>
internal sealed class ProtectionMethodTypeConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) =>
        sourceType == typeof(string) || base.CanConvertFrom(context, sourceType);

    public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        value is string text ? ProtectionMethod.Parse(text) : base.ConvertFrom(context, culture, value);
}

/// <summary>Writes a method as its name and reads built-in ones.</summary>
internal sealed class ProtectionMethodJsonConverter : JsonConverter<ProtectionMethod>
{
    public override ProtectionMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return ProtectionMethod.TryParse(text, out var method)
            ? method
            : throw new JsonException($"There is no method '{text}'. There are: {string.Join(", ", ProtectionMethod.BuiltIn.Select(m => m.Name))}.");
    }

    public override void Write(Utf8JsonWriter writer, ProtectionMethod value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
