using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Testing;
using Xunit;

namespace StyleProtect.Cli.Tests.EndToEnd;

/// <summary>The command from words to files with the real engine on a tiny model.</summary>
public sealed class ProtectEndToEndTests(RealModel model) : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_folder_with_a_broken_picture_protects_the_rest()
    {
        var cancel = TestContext.Current.CancellationToken;
        var originals = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        Directory.CreateDirectory(_temp["in"]);
        File.Copy(model.Good, _temp["in/good.png"]);
        File.Copy(model.WithAlpha, _temp["in/half.png"]);
        await File.WriteAllBytesAsync(_temp["in/broken.png"], (await File.ReadAllBytesAsync(model.Good, cancel))[..60], cancel);
        foreach (var file in _temp.Files("in")) originals[file] = await File.ReadAllBytesAsync(_temp[$"in/{file}"], cancel);

        var (code, command) = await model.ProtectAsync(_temp["in"], _temp["out"], "--epsilon", "6.5");

        Assert.Equal(ExitCode.SomeFailed, code);
        Assert.Equal(["good.png", "good.png.styleprotect.json", "half.png", "half.png.styleprotect.json"], _temp.Files("out"));
        Assert.Contains("broken.png", Assert.Single(command.ErrorLines, l => l.StartsWith("failed:", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("80 × 60", command.Output, StringComparison.Ordinal);
        Assert.Contains("2 protected, 1 failed", command.Output, StringComparison.Ordinal);
        foreach (var (file, bytes) in originals) Assert.Equal(bytes, await File.ReadAllBytesAsync(_temp[$"in/{file}"], cancel));
        foreach (var name in (string[])["good.png", "half.png"])
        {
            var (original, result) = (Artwork.Load(_temp[$"in/{name}"]), Artwork.Load(_temp[$"out/{name}"]));
            Assert.Equal((original.Width, original.Height, original.HasAlpha), (result.Width, result.Height, result.HasAlpha));
            Assert.InRange(Difference(original, result), 1, 6);
            Assert.Equal(original.Alpha, result.Alpha);
        }

        AssertTransparentPixelsStay(Artwork.Load(model.WithAlpha), Artwork.Load(_temp["out/half.png"]));

        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(_temp["out/good.png.styleprotect.json"], cancel))!;
        Assert.Equal(6.5, (double)sidecar["settings"]!["epsilon"]!);
        Assert.Equal(3, (int)sidecar["settings"]!["steps"]!);
        Assert.Equal(4, sidecar["run"]!["layers"]!.AsArray().Count);
        Assert.Equal(3, sidecar["run"]!["lossCurve"]!.AsArray().Count);
        Assert.Equal(2, (int)sidecar["run"]!["pictures"]!);
        Assert.Equal("tiny", (string?)sidecar["run"]!["model"]!["name"]);
        Assert.Equal(Difference(Artwork.Load(model.Good), Artwork.Load(_temp["out/good.png"])), (double)sidecar["figures"]!["lInfinity"]!, 1e-3);
        Assert.True((double)sidecar["run"]!["lossBefore"]! > 0);
        Assert.True((bool)sidecar["figures"]!["pixelExact"]!);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_and_another_seed_or_layer_set_does_not()
    {
        var cancel = TestContext.Current.CancellationToken;
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        // A learning rate at which three steps show.
        foreach (var (name, words) in new[]
        {
            ("paper", "--layers paper"), ("again", "--layers paper"), ("seed", "--layers paper --seed 7 --steps 1"), ("none", "--layers none"),
            ("measured", "--layers topk:style:4"),
        })
        {
            string[] all = ["--precision", "reference", "--learning-rate", "1e-3", .. words.Split(' ')];
            var (code, command) = await model.ProtectAsync(model.Good, _temp[name], all);
            Assert.True(code == 0, command.Error);
            files[name] = await File.ReadAllBytesAsync(_temp[$"{name}/good.png"], cancel);
        }

        Assert.Equal(files["paper"], files["again"]);
        string[] layers = ["paper", "none", "measured"];
        Assert.Equal([4, 0, 4], layers.Select(name => Run(name)["layers"]!.AsArray().Count));
        Assert.Equal(3, layers.Select(name => Convert.ToHexString(files[name])).Distinct(StringComparer.Ordinal).Count());
        Assert.NotEqual(Losses("paper")[0], Losses("seed")[0]);
        Assert.Equal(0, Run("none")["trainedParameters"]!.GetValue<long>());
        Assert.True(Run("paper")["trainedParameters"]!.GetValue<long>() > 0);
        // The first step sees the same model; what the surrogate learned shows from the second on.
        double[] none = Losses("none"), paper = Losses("paper");
        Assert.Equal(none[0], paper[0]);
        Assert.NotEqual(none[1..], paper[1..]);

        JsonNode Run(string name) => JsonNode.Parse(File.ReadAllText(_temp[$"{name}/good.png.styleprotect.json"]))!["run"]!;

        double[] Losses(string name) => [.. Run(name)["lossCurve"]!.AsArray().Select(l => l!.GetValue<double>())];
    }

    [Fact]
    public async Task Reference_mode_takes_the_official_epsilon_and_says_that_it_squashes()
    {
        var cancel = TestContext.Current.CancellationToken;
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--reference", "--verbose");
        Assert.Equal(0, code);
        Assert.Contains("80 × 60 → 32 × 32", command.Output, StringComparison.Ordinal);
        Assert.Contains("ε = 12.75/255", command.Output, StringComparison.Ordinal);
        Assert.Contains("note: ", command.Error, StringComparison.Ordinal);
        Assert.Contains("squashed from 80 × 60 to 32 × 32", command.Error, StringComparison.Ordinal);
        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(_temp["out/good.png.styleprotect.json"], cancel))!;
        Assert.Equal(12.75, (double)sidecar["settings"]!["epsilon"]!, 1e-9);
        Assert.Equal(0.6375, (double)sidecar["settings"]!["stepSize"]!, 1e-9);
        Assert.Contains("squashed from 80 × 60", (string?)Assert.Single(sidecar["notes"]!.AsArray()), StringComparison.Ordinal);
        Assert.Equal(32, (int)sidecar["width"]!);
    }

    [Fact]
    public async Task Epsilon_is_reached_and_rounded_down_to_whole_steps()
    {
        // The random control spends the whole budget: 2.9 allows 2 in an 8-bit picture, where rounding to the nearest would give 3.
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--method", "random", "--epsilon", "2.9");
        Assert.Equal(0, code);
        Assert.Contains("(random, ε = 2.9/255, 0 steps", command.Output, StringComparison.Ordinal);
        Assert.Equal(2, Difference(Artwork.Load(model.Good), Artwork.Load(_temp["out/good.png"])));
    }

    [Theory]
    [InlineData("--epsilon 0", ExitCode.Nothing, "--epsilon 0 changes nothing")]
    [InlineData("--epsilon -1", ExitCode.Nothing, "--epsilon -1 is negative")]
    [InlineData("--epsilon 65", ExitCode.Nothing, "--epsilon 65 is above 64")]
    [InlineData("--layers up_blocks.1.attention.0", ExitCode.Nothing, "Nearest: up_blocks.1.attentions.0")]
    [InlineData("--model no/such/model", ExitCode.Environment, "'no/such/model' is neither a file or folder")]
    public async Task What_cannot_be_done_is_one_line_and_leaves_nothing(string words, int expected, string message)
    {
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], words.Split(' '));
        Assert.Equal(expected, code);
        Assert.Contains(message, Assert.Single(command.ErrorLines, l => l.StartsWith("error: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task Cuda_without_a_device_is_exit_code_3()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "this machine has a CUDA device");
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--device", "cuda");
        Assert.Equal(ExitCode.Environment, code);
        Assert.Contains("A CUDA device was asked for and libtorch has none", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task A_model_that_gives_NaN_keeps_nothing_and_says_so()
    {
        var spoiled = GoldenModelFolder.WriteStableDiffusion1(_temp["nan"], w => w["mid_block.resnets.0.conv1.weight"][0, 0, 0, 0] = float.NaN);
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--model", spoiled);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("good.png: The denoising loss of the originals is NaN", command.Error, StringComparison.Ordinal);
        Assert.Contains("Nothing was kept", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task Weights_that_do_not_fit_are_exit_code_3()
    {
        var spoiled = GoldenModelFolder.WriteStableDiffusion1(_temp["short"], w => w.Remove("conv_out.bias"));
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--model", spoiled);
        Assert.Equal(ExitCode.Environment, code);
        Assert.Contains("1 missing: conv_out.bias", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task Cancelling_half_way_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        var command = new CommandLine { Factory = new AtStep(2, source.Cancel) };
        var code = await command.RunAsync(source.Token, "protect", model.Good, "-o", _temp["out"], "--model", model.Folder, "--steps", "4", "--threads", "1");
        Assert.Equal(ExitCode.Cancelled, code);
        Assert.Contains("step 2/4", command.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("step 3/4", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task The_originals_own_folder_is_refused()
    {
        var before = Directory.GetFiles(model.Input).Order(StringComparer.Ordinal).ToArray();
        var (code, command) = await model.ProtectAsync(model.Input, model.Input);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("holds originals", command.Error, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(model.Input).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_picture_of_one_pixel_is_refused_with_its_size()
    {
        var (code, command) = await model.ProtectAsync(Pictures.Write(_temp["in/dot.png"], 1, 1, 1), _temp["out"]);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("has 1 × 1 pixels; each side needs at least 32", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task An_epsilon_below_one_step_of_the_picture_is_refused()
    {
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--epsilon", "0.9");
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("is written with 8 bits a sample, and ε = 0.9 is less than one step of it: nothing could change. Use at least 1.", command.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_prints_the_plan_and_writes_nothing()
    {
        var (code, command) = await model.ProtectAsync(model.Input, _temp["out"], "--explain", "--memory", "4GiB", "--json");
        Assert.Equal(0, code);
        Assert.Equal("styleprotect.explain/1", (string?)command.Json["schema"]);
        var plan = command.Json["sets"]![0]!["plan"]!;
        Assert.Equal((4L << 30, 4, 4), ((long)plan["limit"]!, (int)plan["views"]!, (int)plan["viewsAtOnce"]!));
        Assert.Equal(2, command.Json["sets"]![0]!["pictures"]!.AsArray().Count);
        Assert.False(Directory.Exists(_temp["out"]));
        (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--explain", "--resolution", "64");
        Assert.Equal(0, code);
        Assert.Contains("2 views of 64 × 64 in a step, micro-batches of 2; encoder keeps its graph, whole views (exact)", command.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_memory_limit_too_small_names_the_smallest_and_the_sidecar_has_the_plan_of_one_that_fits()
    {
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--memory", "10MiB", "--resolution", "64");
        Assert.Equal(ExitCode.Nothing, code);
        var smallest = System.Text.RegularExpressions.Regex.Match(command.Error, "--memory (\\d+MiB)", System.Text.RegularExpressions.RegexOptions.None,
            TimeSpan.FromSeconds(1)).Groups[1].Value;
        Assert.Equal(0, (await model.ProtectAsync(model.Good, _temp["out"], "--memory", smallest, "--resolution", "64", "--steps", "1")).ExitCode);
        var sidecar = JsonNode.Parse(await File.ReadAllTextAsync(_temp["out/good.png.styleprotect.json"], TestContext.Current.CancellationToken))!;
        Assert.Equal(64, (int)sidecar["settings"]!["resolution"]!);
        Assert.Equal((long)sidecar["settings"]!["memory"]!, (long)sidecar["run"]!["memory"]!["limit"]!);
        Assert.Equal(smallest, $"{(long)sidecar["settings"]!["memory"]! >> 20}MiB");
    }

    [Fact]
    public async Task A_resolution_that_the_model_cannot_halve_is_named()
    {
        var (code, command) = await model.ProtectAsync(model.Good, _temp["out"], "--resolution", "40");
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("A resolution of 40 pixels does not suit this model: it must be a multiple of 16", command.Error, StringComparison.Ordinal);
    }

    private static void AssertTransparentPixelsStay(Artwork original, Artwork result)
    {
        int transparent = 0, changed = 0;
        for (var i = 0; i < original.Alpha.Length; i++)
        {
            var same = original.Rgb.Slice(3 * i, 3).SequenceEqual(result.Rgb.Slice(3 * i, 3));
            if (original.Alpha[i] > 0) changed += same ? 0 : 1;
            else Assert.True(same, $"pixel {i}");
            if (original.Alpha[i] == 0) transparent++;
        }

        Assert.Equal(original.Alpha.Length / 2, transparent);
        Assert.True(changed > 100, $"{changed} of the visible pixels changed");
    }

    private static int Difference(Artwork a, Artwork b)
    {
        var largest = 0;
        for (var i = 0; i < a.Rgb.Length; i++) largest = Math.Max(largest, Math.Abs(a.Rgb[i] - b.Rgb[i]));
        return largest;
    }
}
