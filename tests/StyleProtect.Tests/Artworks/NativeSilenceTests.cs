using System.Runtime.InteropServices;
using NetVips;
using StyleProtect.Artworks;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Tests.Artworks;

/// <summary>Broken pictures make exceptions, not lines of a native library on standard error. Runs alone: it watches the process's standard error.</summary>
[Collection(SerialCollection.Name)]
public sealed partial class NativeSilenceTests
{
    [Fact]
    public void Broken_pictures_write_nothing_to_standard_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "redirects the file descriptor as Linux does");
        using var folder = new TempFolder();
        using var image = TestPictures.Vips(TestPictures.Noise(3 * 64 * 64, 1), 64, 64, 3, Enums.Interpretation.Srgb, ("exif-data", TestPictures.Exif(6)));
        byte[][] files = [image.PngsaveBuffer(), image.JpegsaveBuffer(), image.WebpsaveBuffer(), image.TiffsaveBuffer(), image.GifsaveBuffer()];
        var (descriptor, saved) = (Open(folder["stderr"], 0x241, 0x180), Dup(2));
        Assert.True(descriptor >= 0 && saved >= 0);
        try
        {
            _ = Dup2(descriptor, 2);
            var random = new Random(3);
            foreach (var file in files)
            {
                for (var i = 0; i < 40; i++)
                {
                    var broken = file.ToArray();
                    for (var k = 0; k < 5; k++) broken[random.Next(8, broken.Length)] = (byte)random.Next(256);
                    try
                    {
                        _ = Artwork.Load(broken.AsSpan(0, i % 2 == 0 ? broken.Length : broken.Length / 2));
                    }
                    catch (ArtworkException)
                    {
                        continue;
                    }
                }
            }
            // The control: the same descriptor does catch what is written.
            Assert.Equal(1, Write(2, "!"u8.ToArray(), 1));
        }
        finally
        {
            _ = Dup2(saved, 2);
            _ = Close(saved);
            _ = Close(descriptor);
        }
        Assert.Equal("!", File.ReadAllText(folder["stderr"]));
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Dup(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Dup2(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, byte[] bytes, nint count);
}
