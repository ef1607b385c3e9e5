using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Weights under other names and in other forms than a file has them.</summary>
public sealed class MappedWeightsTests
{
    private static readonly Dictionary<string, WeightForm> s_forms = new(StringComparer.Ordinal)
    {
        ["q"] = WeightForm.FirstThird,
        ["k"] = WeightForm.SecondThird,
        ["v"] = WeightForm.LastThird,
    };

    [Fact]
    public void Rows_of_a_fused_projection_are_read_alone()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = Written(folder);
        using var source = WeightsSource.OpenMapped("test", s_forms.ToDictionary(f => f.Key, f => new StoredWeight(path, "in_proj", f.Value)));
        foreach (var (name, first) in (IEnumerable<(string, int)>)[("q", 0), ("k", 2), ("v", 4)])
        {
            Assert.Equal([2L, 4L], source.Entry(name).Shape);
            AssertSame(TensorMath.Arange(24, float32).reshape(6, 4)[first..(first + 2)], source.Read(name));
        }
    }

    [Fact]
    public void A_matrix_is_transposed_and_a_pointwise_kernel_is_squeezed()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = Written(folder);
        using var source = WeightsSource.OpenMapped("test", new Dictionary<string, StoredWeight>(StringComparer.Ordinal)
        {
            ["t"] = new(path, "in_proj", WeightForm.Transposed),
            ["p"] = new(path, "kernel", WeightForm.Pointwise),
            ["plain"] = new(path, "in_proj", WeightForm.Pointwise),
        });
        Assert.Equal([4L, 6L], source.Entry("t").Shape);
        AssertSame(TensorMath.Arange(24, float32).reshape(6, 4).t(), source.Read("t"));
        Assert.Equal([3L, 2L], source.Entry("p").Shape);
        AssertSame(TensorMath.Arange(6, float32).reshape(3, 2), source.Read("p"));
        Assert.Equal([6L, 4L], source.Read("plain").shape);
    }

    [Fact]
    public void A_shape_that_does_not_allow_the_form_is_named()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = Written(folder);
        using var source = WeightsSource.OpenMapped("test", new Dictionary<string, StoredWeight>(StringComparer.Ordinal)
        {
            ["t"] = new(path, "kernel", WeightForm.Transposed),
            ["q"] = new(path, "four", WeightForm.FirstThird),
            ["none"] = new(path, "none"),
        });
        Assert.Contains("'kernel' has the shape [3, 2, 1, 1]; a matrix", Message(() => source.Entry("t")), StringComparison.Ordinal);
        Assert.Contains("'four' has the shape [4]; a first dimension", Message(() => source.Read("q")), StringComparison.Ordinal);
        Assert.Contains("holds no tensor 'none'", Message(() => source.Entry("none")), StringComparison.Ordinal);
        Assert.Contains("test holds no tensor 'other'", Message(() => source.Read("other")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_quantised_weights_is_refused_with_the_next_step()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["q.safetensors"];
        File.WriteAllBytes(path, SafetensorsBytes.Of($"{{{SafetensorsBytes.Entry("weight", "F8_E4M3", "[2,4]", 0, 8)}}}", 8));
        using var source = WeightsSource.Open(path);
        using var module = new Diffusion.Models.Layers.Linear(4, 2, bias: false);
        var message = Message(() => StateDictionaryLoader.Load(module, source));
        Assert.Contains("quantised to fp8 (F8_E4M3)", message, StringComparison.Ordinal);
        Assert.Contains("Use the fp16", message, StringComparison.Ordinal);
    }

    private static void AssertSame(Tensor expected, Tensor actual) =>
        Assert.True(expected.shape.SequenceEqual(actual.shape) && expected.eq(actual).all().item<bool>());

    private static string Message(Action action) => Assert.Throws<CheckpointException>(action).Message;

    private static string Written(TemporaryFolder folder)
    {
        var path = folder["w.safetensors"];
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["in_proj"] = TensorMath.Arange(24, float32).reshape(6, 4),
            ["kernel"] = TensorMath.Arange(6, float32).reshape(3, 2, 1, 1),
            ["four"] = ones(4),
        });
        return path;
    }
}
