using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using StyleProtect.Protection.Surrogates;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class ProtectionMethodsTests
{
    [Fact]
    public void Every_method_is_listed_once_and_the_default_first()
    {
        Assert.Equal(Enum.GetValues<ProtectionMethod>().Order(), ProtectionMethods.All.Select(m => m.Method).Order());
        Assert.Equal(new ProtectionOptions().Method, ProtectionMethods.All[0].Method);
        Assert.Equal(ProtectionMethods.All.Count, ProtectionMethods.All.DistinctBy(m => m.Name, StringComparer.Ordinal).Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => ProtectionMethods.Of((ProtectionMethod)99));
    }

    [Theory]
    [InlineData(ProtectionMethod.StyleProtect, "paper", 20, 12.75, 250)]
    [InlineData(ProtectionMethod.Caat, "all", 20, 6.375, 250)]
    [InlineData(ProtectionMethod.AdvDm, "none", 20, 8, 100)]
    [InlineData(ProtectionMethod.Fsmg, "none", 20, 6.375, 100)]
    [InlineData(ProtectionMethod.Aspl, "none", 20, 6.375, 300)]
    [InlineData(ProtectionMethod.Sds, "none", 20, 16, 100)]
    [InlineData(ProtectionMethod.Mist, "none", 60, 16, 100)]
    [InlineData(ProtectionMethod.MistV2, "none", 20, 4, 150)]
    [InlineData(ProtectionMethod.PhotoGuard, "none", 60, 7.65, 1000)]
    [InlineData(ProtectionMethod.StyleDistance, "none", 60, 12.75, 100)]
    [InlineData(ProtectionMethod.RandomNoise, "none", null, 8, null)]
    public void Defaults_are_the_recipes(ProtectionMethod method, string layers, int? steps, double referenceEpsilon, int? referenceSteps)
    {
        var info = ProtectionMethods.Of(method);
        Assert.Equal((layers, 8.0, steps, referenceEpsilon, referenceSteps), (info.DefaultLayers, info.Epsilon, info.Steps, Math.Round(info.ReferenceEpsilon, 6), info.ReferenceSteps));
    }

    [Theory]
    [InlineData(false, null, 8)]
    [InlineData(true, null, 12.75)]
    [InlineData(true, 4.0, 4)]
    [InlineData(false, 4.0, 4)]
    public void An_epsilon_that_was_given_always_holds(bool reference, double? given, double expected)
    {
        var options = new ProtectionOptions { OfficialScript = reference, Epsilon = given };
        Assert.Equal(expected, ResolvedSettings.From(options, Recipe.Of(options.Method)).Epsilon, 1e-9);
    }

    [Theory]
    [InlineData(ProtectionMethod.StyleProtect, false, null, null, 1e-5, 0, 1)]
    [InlineData(ProtectionMethod.Fsmg, false, null, null, 5e-6, 100, 20)]
    [InlineData(ProtectionMethod.Fsmg, true, null, null, 5e-7, 1000, 100)]
    [InlineData(ProtectionMethod.Aspl, false, null, null, 5e-6, 10, 2)]
    [InlineData(ProtectionMethod.Aspl, true, null, null, 5e-7, 3, 6)]
    [InlineData(ProtectionMethod.MistV2, true, null, null, 1e-4, 10, 30)]
    [InlineData(ProtectionMethod.MistV2, false, 2e-4, 7, 2e-4, 7, 4)]
    public void Rounds_and_rates_are_the_scripts(ProtectionMethod method, bool reference, double? rate, int? steps, double expectedRate, int expectedSteps, int ofRound)
    {
        var settings = ResolvedSettings.From(new ProtectionOptions { Method = method, OfficialScript = reference, LearningRate = rate, SurrogateSteps = steps }, Recipe.Of(method));
        Assert.Equal((expectedRate, expectedSteps, ofRound), (settings.LearningRate, settings.SurrogateSteps, settings.StepsOfRound));
    }

    /// <summary>Never more rounds than the method has: training is what costs.</summary>
    [Theory]
    [InlineData(ProtectionMethod.Aspl, 19, 2, 10 + 9)]
    [InlineData(ProtectionMethod.Aspl, 25, 3, 9 + 8)]
    [InlineData(ProtectionMethod.Aspl, 3, 1, 3 + 2)]
    [InlineData(ProtectionMethod.MistV2, 9, 2, 4)]
    [InlineData(ProtectionMethod.Fsmg, 7, 7, 1)]
    public void Steps_that_do_not_divide_make_longer_rounds(ProtectionMethod method, int steps, int ofRound, int turns)
    {
        var recipe = Recipe.Of(method);
        var settings = ResolvedSettings.From(new ProtectionOptions { Method = method, Steps = steps, SurrogateSteps = 5 }, recipe);
        Assert.Equal(ofRound, settings.StepsOfRound);
        Assert.Equal(5 * turns, recipe.Surrogate!.TrainingSteps(steps, new RoundSettings(settings.StepsOfRound, settings.SurrogateSteps, 1, 1)));
    }

    [Theory]
    [InlineData(ProtectionMethod.PhotoGuard)]
    [InlineData(ProtectionMethod.StyleDistance)]
    [InlineData(ProtectionMethod.RandomNoise)]
    public void A_learning_rate_where_nothing_is_trained_is_refused(ProtectionMethod method) => Assert.Contains(
        "trains nothing beside the picture", Assert.Throws<ProtectionException>(() => ResolvedSettings.From(new ProtectionOptions { Method = method, LearningRate = 1e-4 }, Recipe.Of(method))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(64.01)]
    [InlineData(double.NaN)]
    public void An_epsilon_out_of_range_is_refused(double epsilon) =>
        Assert.Contains("ε must be above 0", Assert.Throws<ProtectionException>(() => ResolvedSettings.From(new ProtectionOptions { Epsilon = epsilon }, Recipe.All[0])).Message, StringComparison.Ordinal);
}
