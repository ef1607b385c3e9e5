using System.Text.Json;
using CsCheck;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

public class SafetensorsRoundTripTests
{
    private static readonly ScalarType[] s_types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32,
        ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    [Fact]
    public void Every_type_scalars_and_empty_tensors()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var tensors = new Dictionary<string, Tensor>();
        foreach (var type in s_types)
        {
            var values = tensor(new float[] { 0, 1, 2, 3, 100, 7 }).reshape(2, 3).to(type);
            tensors.Add($"{type}.matrix", values);
            tensors.Add($"{type}.scalar", values[1][1].clone());
            tensors.Add($"{type}.empty", zeros([0, 5], dtype: type));
        }

        tensors.Add("ключ \"quoted\" \\ 日本", ones(2));
        var path = folder["all.safetensors"];
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["note"] = "é\n" });
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(tensors.Count, file.Entries.Count);
        Assert.Equal("é\n", file.Metadata["note"]);
        foreach (var (name, tensor) in tensors) AssertSame(tensor, file.Read(name), name);
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Random_sets_of_tensors()
    {
        using var folder = new TemporaryFolder();
        var path = folder["random.safetensors"];
        var shape = Gen.Long[0, 5].Array[0, 4];
        Gen.Dictionary(Gen.String[Gen.Char["abz._0é日\"\\/\t"], 1, 12], Gen.Select(Gen.Int[0, s_types.Length - 1], shape))[0, 6].Sample(
            set =>
            {
                using var scope = NewDisposeScope();
                var tensors = set.ToDictionary(s => s.Key, s => rand(s.Value.Item2).Mul(120).to(s_types[s.Value.Item1]));
                SafetensorsWriter.Write(path, tensors);
                using var file = SafetensorsFile.Open(path);
                Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), file.Entries.Keys.Order(StringComparer.Ordinal));
                foreach (var (name, tensor) in tensors) AssertSame(tensor, file.Read(name), name);
            },
            iter: 100, seed: "0000KXr3w1N4", threads: 1);
    }

    [Fact]
    public void Every_tensor_is_aligned_to_its_type_so_that_other_readers_take_it()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["aligned.safetensors"];
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            ["a"] = zeros(3, dtype: int8),
            ["b"] = zeros(3, dtype: float64),
            ["c"] = zeros(3, dtype: float16),
            ["d"] = zeros(1)
        });
        var bytes = File.ReadAllBytes(path);
        var header = (int)BitConverter.ToUInt64(bytes);
        Assert.Equal(0, header % 8);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, header));
        using var file = SafetensorsFile.Open(path);
        Assert.All(file.Entries.Values, e => Assert.Equal(0, e.Begin % (e.Length / Math.Max(1, e.Shape.Aggregate(1L, (p, d) => p * d)))));
        Assert.Equal("F64", json.RootElement.GetProperty("b").GetProperty("dtype").GetString());
    }

    [Fact]
    public void Views_and_weights_with_gradient_are_written_as_they_look()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["views.safetensors"];
        var whole = TensorMath.Arange(24, dtype: float32).reshape(4, 6);
        var tensors = new Dictionary<string, Tensor>
        {
            ["transposed"] = whole.t(),
            ["slice"] = whole[1..3, 2..4],
            ["weight"] = whole.clone().requires_grad_(true)
        };
        SafetensorsWriter.Write(path, tensors);
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, tensor) in tensors) AssertSame(tensor.detach(), file.Read(name), name);
    }

    [Fact]
    public void Any_byte_of_a_boolean_tensor_becomes_true_or_false()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["bool.safetensors"];
        File.WriteAllBytes(path, [.. SafetensorsBytes.Of($"{{{SafetensorsBytes.Entry("t", "BOOL", "[3]", 0, 3)}}}", 0), 0, 255, 2]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(2, file.Read("t").to(int64).sum().item<long>());
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["kept.safetensors"];
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(2) });
        var before = File.ReadAllBytes(path);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = zeros(2, dtype: complex64) }));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["__metadata__"] = ones(2) }));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["\ud800"] = ones(2) }));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Reading_what_is_not_there_and_after_closing()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["x.safetensors"];
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(2) });
        var file = SafetensorsFile.Open(path);
        Assert.Contains("'b'", Assert.Throws<SafetensorsException>(() => file.Read("b")).Message, StringComparison.Ordinal);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Read("a"));
    }

    private static void AssertSame(Tensor expected, Tensor actual, string name)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.numel() == 0 || expected.to(float64).eq(actual.to(float64)).all().item<bool>(), name);
    }
}
