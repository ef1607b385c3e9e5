using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Tests.Checkpoints;
using Xunit;

namespace StyleProtect.Tests.Tokenization;

/// <summary>CLIP's real vocabulary, where a folder with the published merges is given.</summary>
public class FullVocabularyTests
{
    public static bool Available => MergesFile is not null;

    private static string? MergesFile =>
        Environment.GetEnvironmentVariable("STYLEPROTECT_SHARED") is { Length: > 0 } shared
        && Path.Combine(shared, "models", "clip", "bpe_simple_vocab_16e6.txt.gz") is var path && File.Exists(path) ? path : null;

    [Fact(Skip = "needs STYLEPROTECT_SHARED to name a folder with models/clip/bpe_simple_vocab_16e6.txt.gz", SkipUnless = nameof(Available))]
    public void Known_ids_and_the_definition_of_byte_pair_encoding()
    {
        using var folder = new TemporaryFolder();
        var merges = Merges();
        WriteTokenizer(folder, merges);
        var tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal(49408, tokenizer.VocabularySize);
        Assert.Equal(new SpecialTokenIds(49406, 49407, 49407, 49407), tokenizer.Special);
        Assert.Equal([49406, 320, 1125, 539, 320, 2368, 49407], tokenizer.Encode("a photo of a cat").Ids[..7]);
        Assert.Equal([49406, 3306, 1002, 256, 49407], tokenizer.Encode("Hello  World!").Ids[..5]);

        var ranks = merges.Select((m, i) => (m, i)).ToDictionary(x => x.m, x => x.i);
        Gen.Char["abcdefghijklmnopqrstuvwxyzéüß"].Array[1, 25].Select(c => new string(c)).Sample(
            word => tokenizer.Encode(word).Tokens.Select(t => t.Text).SequenceEqual(ClipTokenizerTests.NaiveMerge(word, ranks)),
            iter: 1000, seed: "0000KXr3w1N4", threads: 1);
    }

    private static string[] Merges()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(MergesFile!), CompressionMode.Decompress), Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n').Skip(1).Take(49152 - 256 - 2)];
    }

    private static void WriteTokenizer(TemporaryFolder folder, string[] merges)
    {
        // The published order: printable bytes first, then the others; then the same at a word's end; then the merges; then the specials.
        var bytes = Enumerable.Range(0, 256).Select(b => (Plain: ByteAlphabet.Of((byte)b) == b, Character: ByteAlphabet.Of((byte)b)))
            .OrderByDescending(b => b.Plain).Select(b => b.Character.ToString()).ToArray();
        string[] entries = [.. bytes, .. bytes.Select(b => b + "</w>"), .. merges.Select(m => m.Replace(" ", "", StringComparison.Ordinal)), "<|startoftext|>",
            "<|endoftext|>"];
        folder.Write("vocab.json", JsonSerializer.Serialize(entries.Select((e, i) => (e, i)).ToDictionary(x => x.e, x => x.i)));
        folder.Write("merges.txt", "#version: 0.2\n" + string.Join('\n', merges));
    }
}
