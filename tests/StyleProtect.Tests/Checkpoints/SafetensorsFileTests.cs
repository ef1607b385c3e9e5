using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using Xunit;
using static StyleProtect.Tests.Checkpoints.SafetensorsBytes;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Files as people have them: links into a cache, files that shrink while they are open, quantised files, and what only has the name.</summary>
public sealed class SafetensorsFileTests
{
    [Fact]
    public void A_link_stands_for_its_target()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["blob"], new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = TensorMath.Arange(100, float32) });
        var link = folder["model.safetensors"];
        File.CreateSymbolicLink(link, "blob");
        using (var file = SafetensorsFile.Open(link)) Assert.Equal(99, file.Read("a")[99].item<float>());
        Assert.Equal(new FileInfo(folder["blob"]).Length, LinkedFile.LengthOf(link));
        File.Delete(folder["blob"]);
        var e = Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(link));
        Assert.Contains("is a link to 'blob', which is missing", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_may_be_a_link()
    {
        using var folder = new TemporaryFolder();
        folder.Write("blob", """{"a": "ä"}""");
        File.CreateSymbolicLink(folder["config.json"], "blob");
        Assert.Contains("ä", DiffusersConfig.ReadText(folder["config.json"]), StringComparison.Ordinal);
        File.CreateSymbolicLink(folder["gone.json"], "nothing");
        Assert.Contains(
            "'nothing', which is missing", Assert.Throws<CheckpointException>(() => DiffusersConfig.ReadText(folder["gone.json"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_became_shorter_gives_an_exception_and_not_the_end_of_the_process()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["model.safetensors"];
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(100_000), ["b"] = ones(100_000) });
        using var file = SafetensorsFile.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)) stream.SetLength(500_000);
        Assert.Equal(1, file.Read("a").min().item<float>());
        var e = Assert.Throws<SafetensorsException>(() => file.Read("b"));
        Assert.Contains("ends at byte 500000, inside of the tensor 'b': it became shorter", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F8_E4M3", 8, "quantised to fp8 (F8_E4M3)")]
    [InlineData("F8_E5M2", 8, "quantised to fp8")]
    [InlineData("F8_E8M0", 8, "quantised to fp8")]
    [InlineData("F4", 4, "quantised to fp4")]
    [InlineData("F6_E2M3", 6, "quantised to fp6")]
    [InlineData("U16", 16, "stored as U16")]
    [InlineData("C64", 64, "stored as C64")]
    public void A_type_that_torch_lacks_is_refused_when_it_is_asked_for(string dtype, int bits, string message)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder["model.safetensors"];
        File.WriteAllBytes(path, Of($"{{{Entry("a", "U8", "[8]", 0, 8)},{Entry("q", dtype, "[2,4]", 8, 8 + bits)}}}", 8 + bits));
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(8, file.Read("a").numel());
        Assert.False(file.Entries["q"].IsReadable);
        Assert.Contains(message, Assert.Throws<SafetensorsException>(() => file.Read("q")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GGUF\u0003\0\0\0\u0001\0\0\0", "is a GGUF file")]
    [InlineData("<!DOCTYPE html><html>", "is a web page")]
    [InlineData("\n <html><head>", "is a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00", "is a Git LFS pointer")]
    [InlineData("PK\u0003\u0004\0\0\0\0\0\0archive/data.pkl", "is a pickle of PyTorch")]
    [InlineData("PK\u0003\u0004\0\0\0\0\0\0picture.png", "is a zip archive")]
    [InlineData("\u0080\u0002}q\0(X\0\0\0", "is a pickle")]
    [InlineData("{\"error\":\"Repository not found\"}", "is JSON text")]
    [InlineData("\u001f\u008b\u0008\0\0\0\0\0\0\u0003abc", "is a gzip archive")]
    public void What_only_has_the_name_of_a_safetensors_file_is_named(string start, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder["model.safetensors"];
        File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes(start));
        var e = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.Contains($"'{path}' {message}", e.Message, StringComparison.Ordinal);
    }
}
