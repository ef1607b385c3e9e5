using System.Globalization;
using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Evaluation;

/// <summary>Reads conditions, <c>method[:layers][@key=value…]</c>.</summary>
internal static class ConditionText
{
    private const string Form = "A condition is method[:layers][@eps=ε][@steps=n][@rate=r][@surrogate=n][@seed=n], for example styleprotect:random:4@eps=32.";

    internal static EvaluationCondition Parse(string text, ProtectionOptions basis, IReadOnlyList<ProtectionMethod> methods)
    {
        var words = text.Split('@');
        var head = words[0].Split(':', 2, StringSplitOptions.TrimEntries);
        var method = Method(head[0], text, methods);
        var layers = head.Length > 1 ? Layers(head[1], method, text) : null;
        var protection = basis with { Method = method, Layers = layers is null ? null : LayerSelectors.Parse(layers) };
        HashSet<string> seen = [];
        foreach (var word in words.Skip(1))
        {
            var pair = word.Split('=', 2, StringSplitOptions.TrimEntries);
            if (pair.Length < 2) throw Misfit(text, $"'@{word}' has no value");
            if (!seen.Add(pair[0])) throw Misfit(text, $"'{pair[0]}' stands there twice");
            protection = pair[0] switch
            {
                "eps" => protection with
                {
                    Epsilon = Number(pair[1], text) is > 0 and <= ProtectionOptions.MaxEpsilon and var epsilon
                    ? epsilon : throw Misfit(text, $"eps is above 0 and at most {ProtectionOptions.MaxEpsilon:0}, not {pair[1]}")
                },
                "steps" when !method.Optimises => throw Misfit(text, "random noise takes no steps"),
                "steps" => protection with
                {
                    Steps = Whole(pair[1], text) is >= 1 and <= ProtectionOptions.MaxSteps and var steps
                    ? (int)steps : throw Misfit(text, $"steps are 1 to {ProtectionOptions.MaxSteps}, not {pair[1]}")
                },
                "surrogate" when method.OuterLoop is null => throw Misfit(text, $"{method.Name} trains no surrogate in turns"),
                "rate" when !method.Trains => throw Misfit(text, $"{method.Name} trains nothing beside the picture"),
                "rate" => protection with
                {
                    LearningRate = Number(pair[1], text) is >= 0 and <= 1 and var rate
                    ? rate : throw Misfit(text, $"rate is 0 to 1, not {pair[1]}")
                },
                "surrogate" => protection with
                {
                    SurrogateSteps = Whole(pair[1], text) is >= 1 and <= ProtectionOptions.MaxSteps and var turns
                    ? (int)turns : throw Misfit(text, $"surrogate steps are 1 to {ProtectionOptions.MaxSteps}, not {pair[1]}")
                },
                "seed" => protection with { Seed = Whole(pair[1], text) },
                _ => throw Misfit(text, $"there is no setting '{pair[0]}'"),
            };
        }

        if (!method.Optimises) protection = protection with { Steps = null, StepSize = null, LearningRate = null, SurrogateSteps = null };
        return new EvaluationCondition(text, protection) { Layers = layers };
    }

    private static ProtectionMethod Method(string name, string text, IReadOnlyList<ProtectionMethod> methods)
    {
        if (methods.FirstOrDefault(m => m.Name == name) is { } method) return method;
        var nearest = methods.MinBy(m => EditDistance.Of(m.Name, name))!.Name;
        var meant = name.Length > 0 && EditDistance.Of(nearest, name) <= nearest.Length / 2 ? $" Did you mean '{nearest}'?" : "";
        throw Misfit(text, $"unknown method '{name}', known are {string.Join(", ", methods.Select(m => m.Name))}.{meant}");
    }

    private static string Layers(string layers, ProtectionMethod method, string text)
    {
        if (!method.TakesLayers) throw Misfit(text, $"{method.Name} trains no layers' K and V");
        if (string.IsNullOrWhiteSpace(layers)) throw Misfit(text, "the layers are empty");
        var names = layers.Replace('+', ',');
        return names.Split(':') is ["random", _] ? names + ":1" : names;
    }

    private static double Number(string text, string condition) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value : throw Misfit(condition, $"'{text}' is not a number");

    private static long Whole(string text, string condition) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw Misfit(condition, $"'{text}' is not a whole number");

    private static ArgumentException Misfit(string text, string reason) => new($"'{text}': {reason.TrimEnd('.')}. {Form}", nameof(text));
}
