using System.Diagnostics;
using StyleProtect.Artworks;
using Xunit;

namespace StyleProtect.Tests.Artworks;

public sealed class SaveTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Artwork _artwork = TestPictures.Random(20, 15, 8, true, 1);

    [Theory]
    [InlineData("a.png", ArtworkFormat.Png)]
    [InlineData("a.WEBP", ArtworkFormat.WebP)]
    [InlineData("a.tif", ArtworkFormat.Tiff)]
    [InlineData("a.tiff", ArtworkFormat.Tiff)]
    [InlineData("a.avif", ArtworkFormat.Avif)]
    public void The_extension_names_the_format(string name, ArtworkFormat format)
    {
        var report = _artwork.Save(_folder[name]);
        Assert.Equal((_folder[name], format, true), (report.Path, report.Format, report.IsPixelExact));
        Assert.Equal(new FileInfo(_folder[name]).Length, report.Bytes);
        Assert.Empty(report.Notes);
        Assert.Equal(format.ToString(), FileSignature.Identify(File.ReadAllBytes(_folder[name])).ToString());
        Assert.Equal([name], _folder.Content);
    }

    [Theory]
    [InlineData("a.jpg")]
    [InlineData("a.JPEG")]
    public void Jpeg_is_written_only_when_asked_for_by_name(string name)
    {
        Assert.Contains("ArtworkFormat.Jpeg", Fails(name).Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Content);
        Assert.Equal(ArtworkFormat.Jpeg, _artwork.Save(_folder[name], ArtworkFormat.Jpeg).Format);
    }

    [Fact]
    public void A_name_and_a_format_that_do_not_match_are_refused()
    {
        Assert.Contains("names no format", Fails("a.gif").Message, StringComparison.Ordinal);
        Assert.Contains("names no format", Fails("a").Message, StringComparison.Ordinal);
        Assert.Contains("change the extension to .webp", Fails("a.png", ArtworkFormat.WebP).Message, StringComparison.Ordinal);
        Assert.Equal(ArtworkFormat.Png, _artwork.Save(_folder["picture.out"], ArtworkFormat.Png).Format);
        Assert.Throws<ArgumentOutOfRangeException>(() => _artwork.Save(_folder["b.png"], (ArtworkFormat)77));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArtworkSaveOptions { Quality = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ArtworkSaveOptions { Quality = 101 });
    }

    [Fact]
    public void An_existing_file_is_only_replaced_when_asked_for()
    {
        _folder.Write("a.png", "precious"u8);
        Assert.Contains("exists already", Fails("a.png").Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(_folder["a.png"]));
        _artwork.Save(_folder["a.png"], overwrite: true);
        Assert.True(Artwork.Load(_folder["a.png"]).Rgb.SequenceEqual(_artwork.Rgb));
        Assert.Equal(["a.png"], _folder.Content);
    }

    [Fact]
    public void The_source_is_only_replaced_when_asked_for()
    {
        _artwork.Save(_folder["a.png"]);
        var before = File.ReadAllBytes(_folder["a.png"]);
        var loaded = Artwork.Load(_folder["a.png"]);
        foreach (var name in new[] { "a.png", "./a.png", "../" + Path.GetFileName(_folder.Path) + "/a.png" })
        {
            var e = Assert.Throws<ArtworkException>(() => loaded.Save(Path.Combine(_folder.Path, name)));
            Assert.Contains("read from", e.Message, StringComparison.Ordinal);
        }
        // The same holds for what was made of it.
        Assert.Contains(
            "read from", Assert.Throws<ArtworkException>(() => loaded.WithPlanarRgb(loaded.ToPlanarRgb()).Save(_folder["a.png"])).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_folder["a.png"]));
        loaded.WithPlanarRgb(new float[3 * 300]).Save(_folder["a.png"], overwrite: true);
        Assert.NotEqual(before, File.ReadAllBytes(_folder["a.png"]));
    }

    [Fact]
    public void The_source_is_known_through_links_too()
    {
        _artwork.Save(_folder["a.png"]);
        File.CreateSymbolicLink(_folder["link.png"], _folder["a.png"]);
        Directory.CreateSymbolicLink(_folder["folder"], _folder.Path);
        var loaded = Artwork.Load(_folder["a.png"]);
        foreach (var name in new[] { "link.png", "folder/a.png", "folder/link.png" })
            Assert.Contains("read from", Assert.Throws<ArtworkException>(() => loaded.Save(_folder[name])).Message, StringComparison.Ordinal);
        // Read through the link, written to the file itself.
        Assert.Contains(
            "read from", Assert.Throws<ArtworkException>(() => Artwork.Load(_folder["folder/link.png"]).Save(_folder["a.png"])).Message,
            StringComparison.Ordinal);
        // Replacing the link leaves the file that it points to alone.
        var before = File.ReadAllBytes(_folder["a.png"]);
        loaded.WithPlanarRgb(new float[3 * 300]).Save(_folder["link.png"], overwrite: true);
        Assert.Equal(before, File.ReadAllBytes(_folder["a.png"]));
    }

    [Fact]
    public void A_folder_that_is_missing_or_none()
    {
        Assert.Contains("does not exist", Fails("no/a.png").Message, StringComparison.Ordinal);
        _folder.Write("file", "x"u8);
        Assert.Contains("does not exist", Fails("file/a.png").Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["b.png"]);
        Assert.Contains("this is a folder", Fails("b.png").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unwritable_folder()
    {
        // Not even root may create files there.
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs a /proc file system, which nobody may write to");
        var e = Assert.Throws<ArtworkException>(() => _artwork.Save("/proc/self/a.png"));
        Assert.Contains("/proc/self/a.png: the file cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Equal("/proc/self/a.png", e.Path);
        Assert.NotNull(e.InnerException);
    }

    [Fact]
    public void A_folder_without_permission()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "needs a user to whom permissions apply");
        Directory.CreateDirectory(_folder["locked"]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("cannot be written", Fails("locked/a.png").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_leaves_nothing_behind()
    {
        using var disk = TinyDisk.TryMount(_folder["disk"], kilobytes: 64);
        Assert.SkipWhen(disk is null, "needs the right to mount a small tmpfs");
        File.WriteAllText(Path.Combine(_folder["disk"], "a.png"), "old");
        var large = TestPictures.Random(300, 300, 8, false, 1);
        var e = Assert.Throws<ArtworkException>(() => large.Save(_folder["disk/a.png"], overwrite: true));
        Assert.Contains("cannot be written", e.Message, StringComparison.Ordinal);
        Assert.Contains("space", e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["a.png"], Directory.EnumerateFileSystemEntries(_folder["disk"]).Select(f => Path.GetFileName(f)));
        Assert.Equal("old", File.ReadAllText(_folder["disk/a.png"]));
        // What fits is written.
        _artwork.Save(_folder["disk/small.png"]);
    }

    [Fact]
    public void A_rename_that_fails_leaves_nothing_behind()
    {
        // The target becomes a folder between the check and the rename.
        Directory.CreateDirectory(_folder["a.png"]);
        Assert.Throws<ArtworkException>(() => PictureFile.WriteAtomically(_folder["a.png"], "x"u8, overwrite: true));
        Assert.Equal(["a.png"], _folder.Content);
        // Or a file, without leave to replace it.
        _folder.Write("b.png", "old"u8);
        Assert.Throws<ArtworkException>(() => PictureFile.WriteAtomically(_folder["b.png"], "x"u8, overwrite: false));
        Assert.Equal("old", File.ReadAllText(_folder["b.png"]));
        Assert.Equal(["a.png", "b.png"], _folder.Content);
    }

    [Theory]
    [InlineData("a.webp", 16_384)]
    [InlineData("a.avif", 16_385)]
    public void More_pixels_a_side_than_the_format_holds(string name, int width)
    {
        var wide = new Artwork(width, 1, 8, new ushort[3 * width], null, ArtworkMetadata.None, null);
        var e = Assert.Throws<ArtworkException>(() => wide.Save(_folder[name]));
        Assert.Contains("write PNG or TIFF", e.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.Content);
    }

    [Fact]
    public void The_widest_picture_of_each_format_is_written()
    {
        foreach (var (name, width) in new[] { ("a.webp", 16_383), ("a.avif", 16_384), ("a.png", 70_000), ("a.tif", 70_000) })
        {
            var wide = new Artwork(
                width, 2, 8, [.. Enumerable.Range(0, 6 * width).Select(i => (ushort)(i * 255 / (6 * width)))], null, ArtworkMetadata.None, null);
            wide.Save(_folder[name]);
            Assert.True(Artwork.Load(_folder[name]).Rgb.SequenceEqual(wide.Rgb));
        }
    }

    public void Dispose() => _folder.Dispose();

    private ArtworkException Fails(string name, ArtworkFormat? format = null)
    {
        var e = Assert.Throws<ArtworkException>(() => _artwork.Save(_folder[name], format));
        Assert.Equal(_folder[name], e.Path);
        return e;
    }

    private sealed class TinyDisk : IDisposable
    {
        private readonly string _path;

        private TinyDisk(string path) => _path = path;

        public static TinyDisk? TryMount(string path, int kilobytes)
        {
            Directory.CreateDirectory(path);
            return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", path) ? new TinyDisk(path) : null;
        }

        public void Dispose() => Run("umount", _path);

        private static bool Run(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
                process.WaitForExit();
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return false;
            }
        }
    }
}
