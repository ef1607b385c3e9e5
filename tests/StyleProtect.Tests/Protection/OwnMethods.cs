using System.Diagnostics.CodeAnalysis;
using StyleProtect.Protection;
using StyleProtect.Protection.Objectives;
using StyleProtect.Protection.Perturbations;
using StyleProtect.Protection.Views;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>
/// A method from outside of the library, with parts that a test sets: sees the whole picture pixel for pixel, and steps by the gradient's sign.
/// </summary>
internal sealed class TestMethod : ProtectionMethod
{
    [SetsRequiredMembers]
    internal TestMethod(Func<ObjectiveContext, IObjective>? objective, string name = "own-test")
    {
        (Name, Description, Source) = (name, "For a test.", "tests");
        Objective = objective;
        Usual = objective is null ? new() : new() { Steps = 2, StepSize = StepSize.ShareOfEpsilon(1.0 / 2) };
        EncodesMean = true;
        Views = _ => new WholePicture();
    }

    [SetsRequiredMembers]
    internal TestMethod(Func<ObjectiveInput, Tensor> objective, string name = "own-test") : this(_ => new TestObjective(objective), name)
    {
    }
}

/// <summary>An objective that is a function.</summary>
internal sealed class TestObjective(Func<ObjectiveInput, Tensor> evaluate) : IObjective
{
    public Tensor Evaluate(ObjectiveInput input) => evaluate(input);
}

/// <summary>An objective that takes its own gradient, as a function.</summary>
internal sealed class TestGradient(Func<ObjectiveInput, ObjectiveGradient> gradient) : IGradientObjective
{
    public ObjectiveGradient Gradient(ObjectiveInput input) => gradient(input);
}

/// <summary>A transformation that is a function.</summary>
internal sealed class TestTransformation(Func<Tensor, Random, Tensor> apply) : ITransformation
{
    public Tensor Apply(Tensor views, Random random) => apply(views, random);
}

/// <summary>A budget map that is a function.</summary>
internal sealed class TestMap(Func<Tensor, Tensor> map) : IBudgetMap
{
    public Tensor Compute(Tensor original) => map(original);
}

/// <summary>A view sampler that is a function.</summary>
internal sealed class TestViews(Func<int, int, IReadOnlyList<ViewRegion>> sample) : IViewSampler
{
    public IReadOnlyList<ViewRegion> Sample(int width, int height, Random random) => sample(width, height);
}

/// <summary>A parametrisation of functions, without a projection.</summary>
internal sealed class TestParametrisation(Func<Tensor, Tensor> start, Func<Tensor, Tensor> image) : IParametrisation
{
    public Tensor Start(Tensor original, double epsilon) => start(original);

    public Tensor Image(Tensor parameters, Tensor original, double epsilon) => image(parameters);

    public void Project(Tensor parameters, Tensor original, double epsilon)
    {
    }
}

/// <summary>One view: the picture as it is.</summary>
internal sealed class WholePicture : IViewSampler
{
    public IReadOnlyList<ViewRegion> Sample(int width, int height, Random random) => [new ViewRegion(new(0, 0, width, height), height, width)];
}
