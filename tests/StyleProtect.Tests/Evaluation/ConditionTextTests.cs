using StyleProtect.Evaluation;
using StyleProtect.Layers;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Tests.Evaluation;

public sealed class ConditionTextTests
{
    private static readonly ProtectionOptions s_basis = new() { Epsilon = 12.75, Steps = 60 };

    [Theory]
    [InlineData("styleprotect", "styleprotect", null, 12.75, 60, 42)]
    [InlineData("styleprotect:none", "styleprotect", "none", 12.75, 60, 42)]
    [InlineData("styleprotect:random:4", "styleprotect", "random:4:1", 12.75, 60, 42)]
    [InlineData("styleprotect:random:4:7@eps=32", "styleprotect", "random:4:7", 32.0, 60, 42)]
    [InlineData("styleprotect:topk:style:4@steps=200@eps=0.5@seed=-3", "styleprotect", "topk:style:4", 0.5, 200, -3)]
    [InlineData("caat:up_blocks.1.*+mid_block.*", "caat", "up_blocks.1.*,mid_block.*", 12.75, 60, 42)]
    [InlineData("photoguard@steps=1000", "photoguard", null, 12.75, 1000, 42)]
    [InlineData("random@eps=32", "random", null, 32.0, null, 42)]
    public void A_condition_says_method_layers_and_settings(string text, string name, string? layers, double epsilon, int? steps, long seed)
    {
        var method = ProtectionMethod.Parse(name);
        var condition = EvaluationCondition.Parse($" {text} ", s_basis);
        Assert.Equal((text, layers), (condition.Name, condition.Layers));
        Assert.Equal((method, (double?)epsilon, steps, seed),
            (condition.Protection!.Method, condition.Protection.Epsilon, condition.Protection.Steps, condition.Protection.Seed));
        Assert.Equal(layers is null, condition.Protection.Layers is null);
    }

    [Fact]
    public void A_surrogate_has_a_rate_and_steps()
    {
        var condition = EvaluationCondition.Parse("fsmg@rate=2e-4@surrogate=300", s_basis);
        Assert.Equal((ProtectionMethod.Fsmg, 2e-4, 300),
            (condition.Protection!.Method, condition.Protection.LearningRate, condition.Protection.SurrogateSteps));
    }

    [Theory]
    [InlineData("styleprotekt", "unknown method 'styleprotekt'")]
    [InlineData("styleprotekt", "Did you mean 'styleprotect'?")]
    [InlineData("styleprotect:", "the layers are empty")]
    [InlineData("photoguard:all", "photoguard trains no layers' K and V")]
    [InlineData("fsmg:all", "fsmg trains no layers' K and V")]
    [InlineData("caat@surrogate=5", "caat trains no surrogate in turns")]
    [InlineData("photoguard@rate=1e-4", "photoguard trains nothing beside the picture")]
    [InlineData("random@rate=1e-4", "random trains nothing beside the picture")]
    [InlineData("fsmg@rate=2", "rate is 0 to 1, not 2")]
    [InlineData("aspl@surrogate=0", "surrogate steps are 1 to 100000, not 0")]
    [InlineData("styleprotect@eps", "'@eps' has no value")]
    [InlineData("styleprotect@eps=65", "eps is above 0 and at most 64, not 65")]
    [InlineData("styleprotect@eps=0", "eps is above 0")]
    [InlineData("styleprotect@eps=1e999", "'1e999' is not a number")]
    [InlineData("styleprotect@steps=0", "steps are 1 to 100000, not 0")]
    [InlineData("styleprotect@steps=2.5", "'2.5' is not a whole number")]
    [InlineData("random@steps=5", "random noise takes no steps")]
    [InlineData("styleprotect@eps=4@eps=5", "'eps' stands there twice")]
    [InlineData("styleprotect@epsilon=4", "there is no setting 'epsilon'")]
    public void What_does_not_fit_is_refused_with_its_reason(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => EvaluationCondition.Parse(text, s_basis)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("styleprotect:topk:taste:4", "taste")]
    [InlineData("styleprotect:random:x", "'x'")]
    public void Wrong_layers_are_refused_as_everywhere(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<LayerSelectionException>(() => EvaluationCondition.Parse(text, s_basis)).Message, StringComparison.Ordinal);
}
