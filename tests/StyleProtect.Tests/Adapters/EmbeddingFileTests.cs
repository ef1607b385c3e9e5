using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Tests.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

public sealed class EmbeddingFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "learned_embeds.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_has_one_row_named_by_its_token_and_is_read_again()
    {
        using var scope = NewDisposeScope();
        var vector = randn(32);
        EmbeddingFile.Write(File, "sks", vector);
        using (var file = SafetensorsFile.Open(File))
        {
            var entry = Assert.Single(file.Entries).Value;
            Assert.Equal("sks", entry.Name);
            Assert.Equal([1, 32], entry.Shape);
            Assert.Equal(ScalarType.Float32, entry.DType);
        }

        Assert.Equal(vector.bytes.ToArray(), EmbeddingFile.Read(File, 32).bytes.ToArray());
    }

    [Fact]
    public void Half_precision_and_other_tools_names_are_read()
    {
        using var scope = NewDisposeScope();
        var vector = randn(32).to(float16);
        SafetensorsWriter.Write(File, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["emb_params"] = vector });
        Assert.Equal(vector.to(float32).bytes.ToArray(), EmbeddingFile.Read(File, 32).bytes.ToArray());
    }

    [Theory]
    [InlineData(2, 32, "has the shape [2, 32]")]
    [InlineData(1, 31, "has the shape [1, 31]")]
    public void Another_shape_is_refused(long rows, long features, string reason)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(File, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["<cat>"] = ones(rows, features) });
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => EmbeddingFile.Read(File, 32)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_one_tensor_is_refused()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(File, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(32), ["b"] = ones(32) });
        Assert.Contains("the file has 2", Assert.Throws<CheckpointException>(() => EmbeddingFile.Read(File, 32)).Message, StringComparison.Ordinal);
    }
}
