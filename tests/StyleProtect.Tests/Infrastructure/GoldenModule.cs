using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Infrastructure;

/// <summary>Runs a module on a golden file: loads w.*, differentiates Σ out·cot, compares outputs and every stored gradient.</summary>
internal static class GoldenModule
{
    /// <summary>Copies the stored weights into the module; every parameter must be there and nothing may be left over.</summary>
    internal static T Load<T>(this T module, IReadOnlyDictionary<string, Tensor> weights) where T : nn.Module
    {
        using var frozen = no_grad();
        var left = weights.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, parameter) in module.named_parameters())
        {
            Assert.True(weights.TryGetValue(name, out var stored), $"{name} is not in the golden file");
            Assert.Equal(stored.shape, parameter.shape);
            parameter.copy_(stored);
            left.Remove(name);
        }

        Assert.Empty(left);
        foreach (var p in module.parameters()) p.requires_grad_(true);
        return module;
    }

    /// <summary>The gradient leaves of a golden file: its inputs that have a stored gradient.</summary>
    internal static Dictionary<string, Tensor> Inputs(this Golden golden)
    {
        var inputs = golden.Under("in.");
        foreach (var (name, tensor) in inputs)
            if (golden.Has("grad.in." + name)) tensor.requires_grad_(true);
        return inputs;
    }

    internal static void AssertOutputsAndGradients(
        this Golden golden, nn.Module? module, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> outputs, double slack = 1)
    {
        foreach (var (name, output) in outputs) golden.AssertEqual(name, output, slack);
        Tensor? loss = null;
        foreach (var (name, output) in outputs)
            if (golden.Has("cot." + name)) loss = loss is null ? (output * golden["cot." + name]).sum() : loss.Add((output * golden["cot." + name]).sum());
        if (loss is null) return;
        loss.backward();
        foreach (var (name, input) in inputs)
            if (golden.Has("grad.in." + name)) golden.AssertEqual("grad.in." + name, input.grad!, slack);
        if (module is null) return;
        // Some gradients are zero in exact arithmetic (a bias on all keys): what is left there is rounding.
        var zero = 1e-6 * (golden.Entry["grad_l2"]?.AsObject().Max(g => g.Value!.GetValue<double>()) ?? 0);
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (golden.Has("grad.w." + name)) golden.AssertEqual("grad.w." + name, parameter.grad!, slack);
            if (golden.Entry["grad_l2"]?[name] is { } norm && parameter.grad is { } g)
                Assert.Equal(norm.GetValue<double>(), g.to(float64).norm().item<double>(), (2e-4 * norm.GetValue<double>()) + zero);
        }
    }
}
