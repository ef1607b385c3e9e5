using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Layers;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Protecting;

public sealed class ProtectRunTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Protects_a_folder_and_writes_picture_and_sidecar()
    {
        Pictures.Write(_temp["in/a.png"], 1);
        Pictures.Write(_temp["in/b.jpg"], 2);
        var command = new CommandLine();

        var code = await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]);

        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(["a.png", "a.png.styleprotect.json", "b.png", "b.png.styleprotect.json"], _temp.Files("out"));
        var original = Artwork.Load(_temp["in/a.png"]);
        var written = Artwork.Load(_temp["out/a.png"]);
        Assert.Equal(original.Rgb[5] + 1, written.Rgb[5]);
        Assert.Contains("a.png", command.Output, StringComparison.Ordinal);
        Assert.Contains("24 × 16", command.Output, StringComparison.Ordinal);
        Assert.Contains("48.1 dB", command.Output, StringComparison.Ordinal);
        Assert.Contains("0.1000", command.Output, StringComparison.Ordinal);
        Assert.Contains("2 protected in", command.Output, StringComparison.Ordinal);
        Assert.True(command.Engine.Disposed);
    }

    [Fact]
    public async Task The_originals_stay_byte_for_byte()
    {
        var before = await File.ReadAllBytesAsync(Pictures.Write(_temp["in/a.png"]), TestContext.Current.CancellationToken);
        await new CommandLine().RunAsync("protect", _temp["in"], "-o", _temp["out"]);
        Assert.Equal(before, await File.ReadAllBytesAsync(_temp["in/a.png"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_broken_picture_fails_alone_and_is_named_with_the_reason()
    {
        Pictures.Write(_temp["in/a.png"]);
        await File.WriteAllTextAsync(_temp["in/b.png"], "this is text", TestContext.Current.CancellationToken);
        Pictures.Write(_temp["in/c.png"], 3);
        var command = new CommandLine();

        var code = await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]);

        Assert.Equal(ExitCode.SomeFailed, code);
        Assert.Equal(["a.png", "a.png.styleprotect.json", "c.png", "c.png.styleprotect.json"], _temp.Files("out"));
        var line = Assert.Single(command.ErrorLines, l => l.StartsWith("failed:", StringComparison.Ordinal));
        Assert.Contains("b.png", line, StringComparison.Ordinal);
        Assert.Contains("2 protected, 1 failed", command.Output, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(command.Engine.Requests).Artworks.Count);
    }

    [Fact]
    public async Task All_broken_is_exit_code_2_and_leaves_no_folder()
    {
        Directory.CreateDirectory(_temp["in"]);
        await File.WriteAllTextAsync(_temp["in/b.png"], "this is text", TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out/deep"]));
        Assert.False(Directory.Exists(_temp["out"]));
        Assert.Empty(command.Engine.Requests);
    }

    [Fact]
    public async Task Takes_up_to_four_pictures_together_by_default()
    {
        for (var i = 0; i < 9; i++) Pictures.Write(_temp[$"in/{i}.png"], i);
        var command = new CommandLine();
        await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]);
        Assert.Equal([4, 4, 1], command.Engine.Requests.Select(r => r.Artworks.Count));
    }

    [Theory]
    [InlineData("--batch 2", new[] { 2, 2, 1 })]
    [InlineData("--batch 1", new[] { 1, 1, 1, 1, 1 })]
    [InlineData("--together", new[] { 5 })]
    public async Task Batches_as_asked(string option, int[] expected)
    {
        for (var i = 0; i < 5; i++) Pictures.Write(_temp[$"in/{i}.png"], i);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync(["protect", _temp["in"], "-o", _temp["out"], .. option.Split(' ')]));
        Assert.Equal(expected, command.Engine.Requests.Select(r => r.Artworks.Count));
    }

    [Fact]
    public async Task Together_takes_at_most_sixteen()
    {
        for (var i = 0; i < 17; i++) Pictures.Write(_temp[$"in/{i}.png"], i, 4, 4);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--together"));
        Assert.Contains("17 pictures", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_that_the_engine_refuses_does_not_take_its_batch_with_it()
    {
        Pictures.Write(_temp["in/a.png"]);
        Pictures.Write(_temp["in/tiny.png"], 2, 1, 1);
        Pictures.Write(_temp["in/z.png"], 3);
        var command = new CommandLine
        {
            Engine = new FakeProtector
            {
                AtStep = (r, _) =>
                { if (r.Artworks.Any(a => a.Width == 1)) throw new ProtectionException("the picture is too small: 1 × 1"); }
            },
        };

        Assert.Equal(ExitCode.SomeFailed, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));

        Assert.Equal(["a.png", "a.png.styleprotect.json", "z.png", "z.png.styleprotect.json"], _temp.Files("out"));
        Assert.Contains("tiny.png: the picture is too small", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_keeps_nothing()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine
        {
            Engine = new FakeProtector
            {
                AtStep = (_, step) =>
            { if (step == 3) throw new ProtectionException("loss is NaN at step 3"); }
            }
        };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Empty(_temp.Files("out"));
        Assert.Contains("loss is NaN at step 3", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unexpected_failure_is_one_line_and_a_stack_only_if_asked()
    {
        Pictures.Write(_temp["in/a.png"]);
        var engine = new FakeProtector { AtStep = (_, _) => throw new InvalidOperationException("boom") };
        var command = new CommandLine { Engine = engine };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Contains("unexpected InvalidOperationException: boom", command.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", command.Error, StringComparison.Ordinal);
        await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--verbose");
        Assert.Contains("   at ", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_layer_stops_the_run_as_wrong_usage()
    {
        for (var i = 0; i < 5; i++) Pictures.Write(_temp[$"in/{i}.png"], i);
        var command = new CommandLine
        {
            Engine = new FakeProtector
            {
                AtStep = (_, _) =>
            throw new LayerSelectionException("No layer matches 'up_block'. Nearest: up_blocks.1")
            }
        };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--layers", "up_block"));
        Assert.Single(command.Engine.Requests);
        Assert.Contains("Nearest: up_blocks.1", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task A_model_that_cannot_be_used_is_exit_code_3()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine { Engine = new FakeProtector { CannotBeMade = CommandException.Environment("no such model") } };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Equal("error: no such model", command.Error.Trim());
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Theory]
    [InlineData("weights")]
    [InlineData("convolutions")]
    [InlineData("libtorch")]
    public async Task A_model_that_turns_out_unusable_later_is_exit_code_3_too(string what)
    {
        for (var i = 0; i < 3; i++) Pictures.Write(_temp[$"in/{i}.png"], i);
        Exception fault = what switch
        {
            "weights" => new SafetensorsException("unet/x.safetensors is cut off"),
            "convolutions" => new ProtectionException("libtorch computes 2 convolutions wrongly", new InvalidOperationException()),
            _ => new DllNotFoundException("no libtorch"),
        };
        var command = new CommandLine { Engine = new FakeProtector { AtStep = (_, _) => throw fault } };
        Assert.Equal(ExitCode.Environment, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Contains(fault.Message, command.Error, StringComparison.Ordinal);
        Assert.Single(command.Engine.Requests);
        Assert.True(command.Engine.Disposed);
    }

    [Fact]
    public async Task Cancelling_leaves_nothing()
    {
        Pictures.Write(_temp["in/a.png"]);
        using var source = new CancellationTokenSource();
        var command = new CommandLine { Engine = new FakeProtector { AtStep = (_, step) => { if (step == 30) source.Cancel(); } } };
        Assert.Equal(ExitCode.Cancelled, await command.RunAsync(source.Token, "protect", _temp["in"], "-o", _temp["out"]));
        Assert.False(Directory.Exists(_temp["out"]));
        Assert.Contains("1 not done: stopped", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_later_keeps_what_was_complete()
    {
        Pictures.Write(_temp["in/a.png"], 1);
        Pictures.Write(_temp["in/b.png"], 2);
        using var source = new CancellationTokenSource();
        var batches = 0;
        var command = new CommandLine
        {
            Engine = new FakeProtector
            {
                AtStep = (_, step) =>
                {
                    if (step == 1) batches++;
                    if (batches == 2) source.Cancel();
                },
            },
        };

        Assert.Equal(ExitCode.Cancelled, await command.RunAsync(source.Token, "protect", _temp["in"], "-o", _temp["out"], "--batch", "1"));
        Assert.Equal(["a.png", "a.png.styleprotect.json"], _temp.Files("out"));
    }

    [Fact]
    public async Task A_picture_that_cannot_be_written_leaves_no_sidecar()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine { Store = new FullDisk() };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Empty(_temp.Files("out"));
        Assert.Contains("No space left on device", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sidecar_that_cannot_be_written_takes_its_picture_back()
    {
        Pictures.Write(_temp["in/a.png"]);
        var sidecar = _temp["out/a.png.styleprotect.json"];
        // A folder by that name appears while the engine works.
        var command = new CommandLine { Engine = new FakeProtector { AtStep = (_, step) => { if (step == 2) Directory.CreateDirectory(sidecar); } } };
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Empty(_temp.Files("out"));
    }

    [Fact]
    public async Task Progress_is_a_line_every_tenth_when_nobody_watches()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--steps", "200");
        var lines = command.ErrorLines.Where(l => l.Contains("step ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(11, lines.Length);
        Assert.Equal("  step 1/200, loss 0.1010, 3 min 19 s left", lines[0]);
        Assert.Equal("  step 200/200, loss 0.3000, 0.0 s left", lines[^1]);
        Assert.DoesNotContain('\u001b', command.Error + command.Output);
    }

    [Fact]
    public async Task Jpeg_warns_of_its_cost()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--format", "jpeg"));
        Assert.Contains("warning: JPEG throws away fine detail, and with it part of the protection", command.Error, StringComparison.Ordinal);
        Assert.Equal(["a.jpg", "a.jpg.styleprotect.json"], _temp.Files("out"));
    }

    [Theory]
    [InlineData("png", "a.png")]
    [InlineData("webp", "a.webp")]
    [InlineData("tiff", "a.tif")]
    [InlineData("avif", "a.avif")]
    public async Task Lossless_formats_do_not_warn(string format, string expected)
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--format", format));
        Assert.DoesNotContain("warning", command.Error, StringComparison.Ordinal);
        Assert.Contains(expected, _temp.Files("out"));
    }

    private sealed class FullDisk : IArtworkStore
    {
        private readonly ArtworkStore _real = new();

        public Artwork Load(string path) => _real.Load(path);

        public SavedPicture Save(Artwork artwork, string path, PictureFormat format, bool overwrite) =>
            throw new PictureException($"{path}: No space left on device");
    }
}
