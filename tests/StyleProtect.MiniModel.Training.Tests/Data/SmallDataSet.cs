using System.Text.Json;
using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Tests.Data;

/// <summary>A data set of 24 flat pictures of 8 × 8 pixels: picture number n of the manifest has the value 10 n.</summary>
public sealed class SmallDataSet : IDisposable
{
    internal const int Size = 8;
    internal const int Pictures = 24;

    public SmallDataSet()
    {
        Folder = Directory.CreateTempSubdirectory("dataset-").FullName;
        var pictures = Enumerable.Range(0, Pictures).Select(i => new DataPicture(
            $"p{i}", i / 12, i % 12, $"thing {(char)('a' + i % 12)}", i % 12, i % 12 == 3 ? PictureSplit.HeldOutPair : PictureSplit.Train)).ToList();
        var contents = Enumerable.Range(0, 12).Select(i => new DataContent($"thing {(char)('a' + i)}", Common: true, HeldOut: false)).ToList();
        var manifest = new DataManifest(
            DataManifest.CurrentFormat, Size, 1, [Style("one", StyleRole.Training), Style("two", StyleRole.Unseen)], contents,
            Vocabulary.Build(contents.Select(c => c.Name), ["one"]).Tokens, pictures, [], new Dictionary<string, int>(StringComparer.Ordinal));
        for (var s = 0; s < 2; s++)
        {
            var bytes = new byte[12 * Size * Size * 3];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(10 * (s * 12 + i / (Size * Size * 3)));
            File.WriteAllBytes(Path.Combine(Folder, manifest.Styles[s].File), bytes);
        }

        File.WriteAllBytes(ManifestPath, JsonSerializer.SerializeToUtf8Bytes(manifest, DataManifest.Json));
    }

    internal string Folder { get; }

    internal string ManifestPath => Path.Combine(Folder, DataManifest.FileName);

    internal string PixelsPath => Path.Combine(Folder, "pictures-one.u8");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static DataStyle Style(string id, StyleRole role) => new(id, id, "somebody", "package 1", "CC0-1.0", "about:blank", role, $"pictures-{id}.u8", 12);
}
