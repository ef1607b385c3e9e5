using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>A built data set, read through memory-mapped files. Safe for several readers.</summary>
internal sealed class DataSet : IDisposable
{
    private readonly MappedPixels[] _pixels;

    private DataSet(DataManifest manifest, MappedPixels[] pixels)
    {
        Manifest = manifest;
        _pixels = pixels;
        Vocabulary = new Vocabulary(manifest.Vocabulary);
    }

    internal DataManifest Manifest { get; }

    internal Vocabulary Vocabulary { get; }

    /// <summary>Width and height of the stored pictures.</summary>
    internal int Size => Manifest.Size;

    internal int Count => Manifest.Pictures.Count;

    /// <summary>Opens a folder that the data command made.</summary>
    /// <exception cref="DataSetException">The manifest or a file of pixels is missing, damaged or does not match.</exception>
    internal static DataSet Open(string folder)
    {
        var path = Path.Combine(folder, DataManifest.FileName);
        if (!File.Exists(path)) throw new DataSetException($"'{path}' is missing. Build the data set with: data --out {folder}");
        DataManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<DataManifest>(File.ReadAllBytes(path), DataManifest.Json) ?? throw new JsonException("the file says null");
        }
        catch (JsonException e)
        {
            throw new DataSetException($"'{path}' cannot be read: {e.Message} Run the data command again.", e);
        }

        Check(manifest, path);
        var pixels = new List<MappedPixels>();
        try
        {
            foreach (var style in manifest.Styles)
                pixels.Add(new MappedPixels(Path.Combine(folder, style.File), style.Pictures, manifest.Size * manifest.Size * 3));
            return new DataSet(manifest, [.. pixels]);
        }
        catch
        {
            foreach (var file in pixels) file.Dispose();
            throw;
        }
    }

    /// <summary>Hash of the pictures' names in their order: what is kept by a picture's number belongs to this set alone.</summary>
    internal string Digest => StableHash.Of(0, [.. Manifest.Pictures.Select(p => p.Id)]).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The stored bytes of a picture: size × size × 3, RGB.</summary>
    internal ReadOnlySpan<byte> Pixels(int picture)
    {
        var p = Manifest.Pictures[picture];
        return _pixels[p.Style][p.Index];
    }

    /// <summary>Identifier of a style.</summary>
    /// <exception cref="DataSetException">There is no such style.</exception>
    internal int StyleIndex(string id)
    {
        for (var i = 0; i < Manifest.Styles.Count; i++)
            if (Manifest.Styles[i].Id == id) return i;
        throw new DataSetException($"There is no style '{id}'. The styles are: {string.Join(", ", Manifest.Styles.Select(s => s.Id))}.");
    }

    /// <summary>The word of a style in captions; empty for styles that the model does not learn.</summary>
    internal string StyleWord(int style) => Manifest.Styles[style] is { Role: StyleRole.Training } s ? Captions.StyleWord(s.Id) : "";

    /// <summary>Pictures of the given parts in the order of the manifest.</summary>
    internal IReadOnlyList<int> Pool(params ReadOnlySpan<PictureSplit> splits)
    {
        var wanted = splits.ToArray();
        return Where(p => wanted.Contains(p.Split));
    }

    /// <summary>Pictures that satisfy a condition, in the order of the manifest.</summary>
    internal IReadOnlyList<int> Where(Func<DataPicture, bool> condition) =>
        [.. Manifest.Pictures.Index().Where(p => condition(p.Item)).Select(p => p.Index)];

    /// <summary>The pictures as they are, without augmentation, with the full caption.</summary>
    /// <param name="pictures">Indices into the manifest's pictures.</param>
    /// <param name="size">The stored size or half of it.</param>
    internal DataBatch Batch(IReadOnlyList<int> pictures, int size)
    {
        var images = torch.empty([pictures.Count, 3, size, size]);
        var view = new PictureView(Size, size);
        var captions = new string[pictures.Count];
        for (var i = 0; i < pictures.Count; i++)
        {
            view.Render(Pixels(pictures[i]), ViewTransform.Identity, Planes(images, i));
            var p = Manifest.Pictures[pictures[i]];
            captions[i] = StyleWord(p.Style) is { Length: > 0 } style ? Captions.Full(p.Words, style) : $"a picture of {p.Words}";
        }

        return Describe(images, pictures, captions);
    }

    /// <summary>The memory of one picture of a batch: written in place, since copies of large arrays cost more than the drawing.</summary>
    internal static Span<float> Planes(torch.Tensor images, int index)
    {
        var all = MemoryMarshal.Cast<byte, float>(images.bytes);
        var one = all.Length / (int)images.shape[0];
        return all.Slice(index * one, one);
    }

    internal DataBatch Describe(torch.Tensor images, IReadOnlyList<int> pictures, IReadOnlyList<string> captions) => new(
        images,
        pictures,
        [.. pictures.Select(i => Manifest.Pictures[i].Content)],
        [.. pictures.Select(i => Manifest.Pictures[i].Style)],
        captions);

    public void Dispose()
    {
        foreach (var file in _pixels) file.Dispose();
    }

    private static void Check(DataManifest manifest, string path)
    {
        if (manifest.Format != DataManifest.CurrentFormat)
            throw new DataSetException($"'{path}' has format {manifest.Format}; this program reads {DataManifest.CurrentFormat}. Run the data command again.");
        if (manifest.Size is < 2 or > 4096 || manifest.Size % 2 != 0)
            throw new DataSetException($"'{path}' has the size {manifest.Size}; an even number up to 4096 is expected.");
        foreach (var p in manifest.Pictures)
            if (
                (uint)p.Style >= (uint)manifest.Styles.Count || p.Content < -1 || p.Content >= manifest.Contents.Count ||
                (uint)p.Index >= (uint)manifest.Styles[p.Style].Pictures)
                throw new DataSetException($"'{path}': picture '{p.Id}' points outside its style, contents or file. Run the data command again.");
    }
}
