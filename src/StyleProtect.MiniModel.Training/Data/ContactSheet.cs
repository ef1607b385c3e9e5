using NetVips;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>A PNG of random pictures, one row per style.</summary>
internal static class ContactSheet
{
    private const int Gap = 2;
    private const byte Grey = 160;

    internal static void Write(DataSet set, string path, int columns, int size, long seed, bool aligned, bool augmented)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        var pitch = size + Gap;
        int width = columns * pitch + Gap, height = set.Manifest.Styles.Count * pitch + Gap;
        var sheet = new byte[width * height * 3];
        Array.Fill(sheet, Grey);
        var options = augmented ? SampleOptions.ForAutoencoder(size) : SampleOptions.Plain(size);
        options.Validate(set.Size);
        var view = new PictureView(set.Size, size);
        var planes = new float[3 * size * size];
        var contents = Contents(set, columns, seed);
        for (var row = 0; row < set.Manifest.Styles.Count; row++)
        {
            var pool = set.Where(p => p.Style == row);
            for (var column = 0; column < columns; column++)
            {
                var random = new StableRandom(seed, (long)row * columns + column);
                var own = aligned ? pool.Where(p => set.Manifest.Pictures[p].Content == contents[column]).ToList() : pool;
                var picture = own.Count > 0 ? own[random.Next(own.Count)] : pool[random.Next(pool.Count)];
                view.Render(set.Pixels(picture), ViewTransform.Draw(options, set.Size, ref random), planes);
                Paste(planes, size, sheet, width, Gap + column * pitch, Gap + row * pitch);
            }
        }

        using var image = Image.NewFromMemory(sheet, width, height, 3, Enums.BandFormat.Uchar);
        AtomicFile.Write(path, image.PngsaveBuffer());
    }

    private static List<int> Contents(DataSet set, int columns, long seed)
    {
        var common = set.Manifest.Contents.Index().Where(c => c.Item.Common).Select(c => c.Index).ToList();
        var random = new StableRandom(seed, -1);
        return [.. Enumerable.Range(0, columns).Select(_ => common.Count > 0 ? common[random.Next(common.Count)] : -1)];
    }

    private static void Paste(float[] planes, int size, byte[] sheet, int width, int left, int top)
    {
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size; x++)
                for (var c = 0; c < 3; c++)
                    sheet[((top + y) * width + left + x) * 3 + c] = (byte)Math.Round(Math.Clamp((planes[(c * size + y) * size + x] + 1) * 127.5f, 0, 255));
    }
}
