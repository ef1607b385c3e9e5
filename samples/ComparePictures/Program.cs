using System.Globalization;
using StyleProtect.Artworks;
using StyleProtect.Metrics;

// Original, protected picture and their difference, side by side:
//   dotnet run --project samples/ComparePictures -- original.png protected.png comparison.png [amplification]
if (args.Length is < 3 or > 4)
{
    Console.Error.WriteLine("usage: ComparePictures <original> <protected> <output.png> [amplification, 8]");
    return 2;
}

Artwork original = Artwork.Load(args[0]), changed = Artwork.Load(args[1]);
if (original.Width != changed.Width || original.Height != changed.Height)
{
    Console.Error.WriteLine($"The pictures differ in size: {original.Width} × {original.Height} and {changed.Width} × {changed.Height}.");
    return 1;
}

var amplification = args.Length == 4 ? float.Parse(args[3], CultureInfo.InvariantCulture) : 8;
float[] a = original.ToPlanarRgb(), b = changed.ToPlanarRgb();
int width = original.Width, height = original.Height;
var sheet = new byte[3 * width * height * 3];
for (var channel = 0; channel < 3; channel++)
    for (var y = 0; y < height; y++)
        for (var x = 0; x < width; x++)
        {
            var at = (channel * height + y) * width + x;
            float[] columns = [a[at], b[at], 128 + amplification * (b[at] - a[at])];
            for (var column = 0; column < 3; column++)
                sheet[((y * 3 * width) + column * width + x) * 3 + channel] = (byte)Math.Clamp(MathF.Round(columns[column]), 0, 255);
        }

Artwork.FromRgb24(sheet, 3 * width, height).Save(args[2], ArtworkFormat.Png, overwrite: true);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"PSNR {ImageDifference.Psnr(a, b):f2} dB, largest change {ImageDifference.LInfinity(a, b):f2} of 255"));
return 0;
