using System.Reflection;
using StyleProtect.Protection;
using StyleProtect.Protection.Engine;
using Xunit;

namespace StyleProtect.Tests.Protection;

public sealed class ProtectionMethodsTests
{
    [Fact]
    public void Every_built_in_method_is_listed_once_and_the_default_first()
    {
        var members = typeof(ProtectionMethod).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(p => p.PropertyType == typeof(ProtectionMethod));
        var declared = members.Select(p => (ProtectionMethod)p.GetValue(null)!).ToArray();
        Assert.Equal(declared.Select(m => m.Name).Order(StringComparer.Ordinal), ProtectionMethod.BuiltIn.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Same(new ProtectionOptions().Method, ProtectionMethod.BuiltIn[0]);
        Assert.Equal(ProtectionMethod.BuiltIn.Count, ProtectionMethod.BuiltIn.DistinctBy(m => m.Name, StringComparer.Ordinal).Count());
        Assert.All(ProtectionMethod.BuiltIn, m => m.Validate());
    }

    [Theory]
    [InlineData("styleprotect", "paper", 20, 12.75, 250)]
    [InlineData("caat", "all", 20, 6.375, 250)]
    [InlineData("advdm", "none", 20, 8, 100)]
    [InlineData("fsmg", "none", 20, 6.375, 100)]
    [InlineData("aspl", "none", 20, 6.375, 300)]
    [InlineData("sds", "none", 20, 16, 100)]
    [InlineData("mist", "none", 60, 16, 100)]
    [InlineData("mist-v2", "none", 20, 4, 150)]
    [InlineData("photoguard", "none", 60, 7.65, 1000)]
    [InlineData("style-distance", "none", 60, 12.75, 100)]
    [InlineData("random", "none", null, 8, null)]
    public void Defaults_are_the_methods(string name, string layers, int? steps, double referenceEpsilon, int? referenceSteps)
    {
        var method = ProtectionMethod.Parse(name);
        Assert.Equal((layers, 8.0, steps ?? 0), (method.DefaultLayers, method.Usual.Epsilon, method.Usual.Steps));
        Assert.Equal((referenceEpsilon, referenceSteps ?? 0), (Math.Round(method.Script.Epsilon, 6), method.Script.Steps));
    }

    [Theory]
    [InlineData(false, null, 8)]
    [InlineData(true, null, 12.75)]
    [InlineData(true, 4.0, 4)]
    [InlineData(false, 4.0, 4)]
    public void An_epsilon_that_was_given_always_holds(bool reference, double? given, double expected)
    {
        var options = new ProtectionOptions { OfficialScript = reference, Epsilon = given };
        Assert.Equal(expected, ResolvedSettings.From(options).Epsilon, 1e-9);
    }

    [Theory]
    [InlineData("styleprotect", false, null, null, 1e-5, 0, 20)]
    [InlineData("fsmg", false, null, null, 5e-6, 100, 20)]
    [InlineData("fsmg", true, null, null, 5e-7, 1000, 100)]
    [InlineData("aspl", false, null, null, 5e-6, 10, 2)]
    [InlineData("aspl", true, null, null, 5e-7, 3, 6)]
    [InlineData("mist-v2", true, null, null, 1e-4, 10, 30)]
    [InlineData("mist-v2", false, 2e-4, 7, 2e-4, 7, 4)]
    public void Rounds_and_rates_are_the_scripts(string name, bool reference, double? rate, int? steps, double expectedRate, int expectedSteps, int ofRound)
    {
        var method = ProtectionMethod.Parse(name);
        var settings =
            ResolvedSettings.From(new ProtectionOptions { Method = method, OfficialScript = reference, LearningRate = rate, SurrogateSteps = steps });
        Assert.Equal((expectedRate, expectedSteps, ofRound), (settings.LearningRate, settings.SurrogateSteps, settings.OuterLoop.StepsOfRound));
    }

    /// <summary>Never more rounds than the method has: training is what costs.</summary>
    [Theory]
    [InlineData("aspl", 19, 2, 10 + 9)]
    [InlineData("aspl", 25, 3, 9 + 8)]
    [InlineData("aspl", 3, 1, 3 + 2)]
    [InlineData("mist-v2", 9, 2, 4)]
    [InlineData("fsmg", 7, 7, 1)]
    public void Steps_that_do_not_divide_make_longer_rounds(string name, int steps, int ofRound, int turns)
    {
        var method = ProtectionMethod.Parse(name);
        var settings = ResolvedSettings.From(new ProtectionOptions { Method = method, Steps = steps, SurrogateSteps = 5 });
        Assert.Equal(ofRound, settings.OuterLoop.StepsOfRound);
        Assert.Equal(5 * turns, method.OuterLoop!.TrainingSteps(settings.OuterLoop));
    }

    [Theory]
    [InlineData("photoguard")]
    [InlineData("style-distance")]
    [InlineData("random")]
    public void A_learning_rate_where_nothing_is_trained_is_refused(string name) => Assert.Contains(
        "trains nothing beside the image", Assert.Throws<ProtectionException>(() => ResolvedSettings
            .From(new ProtectionOptions { Method = ProtectionMethod.Parse(name), LearningRate = 1e-4 })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(64.01)]
    [InlineData(double.NaN)]
    public void An_epsilon_out_of_range_is_refused(double epsilon) =>
        Assert.Contains("ε must be above 0",
            Assert.Throws<ProtectionException>(() => ResolvedSettings.From(new ProtectionOptions { Epsilon = epsilon })).Message, StringComparison.Ordinal);
}
