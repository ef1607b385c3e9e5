using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Protecting;

public sealed class ProtectRefusalTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("--method stylprotect", "unknown method 'stylprotect'", "Did you mean 'styleprotect'?")]
    [InlineData("--method glaze", "unknown method 'glaze'",
        "Known: styleprotect, caat, advdm, fsmg, aspl, sds, mist, mist-v2, photoguard, style-distance, random.")]
    [InlineData("--learning-rate fast", "--learning-rate: 'fast' is not a number", "Example: --learning-rate 2e-4")]
    [InlineData("--surrogate-steps 0", "--surrogate-steps 0 is out of range", "Allowed: 1 to 100,000")]
    [InlineData("--epsilon 0", "--epsilon 0 changes nothing", "above 0, at most 64")]
    [InlineData("--epsilon -3", "--epsilon -3 is negative", "above 0, at most 64")]
    [InlineData("--epsilon 64.5", "--epsilon 64.5 is above 64", "above 0, at most 64")]
    [InlineData("--epsilon 8/255", "'8/255' is not a number", "--epsilon 8")]
    [InlineData("--epsilon NaN", "'NaN' is not a number", "--epsilon 8")]
    [InlineData("--epsilon 4 --strength low", "--epsilon and --strength exclude each other", "low 4, medium 8, high 12.75")]
    [InlineData("--strength hihg", "unknown value 'hihg'", "Did you mean 'high'?")]
    [InlineData("--steps 0", "--steps 0 is out of range", "Allowed: 1 to")]
    [InlineData("--steps -5", "--steps -5 is out of range", "Allowed: 1 to")]
    [InlineData("--steps many", "'many' is not a whole number", "--steps 20")]
    [InlineData("--noise-samples 0", "--noise-samples 0 is out of range", "--noise-samples 4")]
    [InlineData("--draws 65", "--noise-samples 65 is out of range", "Allowed: 1 to 64")]
    [InlineData("--draws 2 --noise-samples 2", "--draws is the former name of --noise-samples", "Keep --noise-samples")]
    [InlineData("--step-size 0", "--step-size 0 is out of range", "above 0 to 64")]
    [InlineData("--step-size inf", "'inf' is not a number", "--step-size 1")]
    [InlineData("--seed 1.5", "'1.5' is not a whole number", "--seed 42")]
    [InlineData("--batch 17", "--batch 17 is out of range", "1 to 16")]
    [InlineData("--threads 0", "--threads 0 is out of range", "Allowed: 1 to")]
    [InlineData("--device gpu", "unknown value 'gpu'", "'cpu'")]
    [InlineData("--precision fp16", "unknown value 'fp16'", "bf16")]
    [InlineData("--memory 4", "'4' has no unit", "--memory 4GiB")]
    [InlineData("--memory -4GiB", "'-4GiB' is not an amount of memory", "--memory 4GiB")]
    [InlineData("--memory 1,5GiB", "'1,5GiB' is not an amount of memory", "--memory 4GiB")]
    [InlineData("--memory 4Gi", "'4Gi' is not an amount of memory", "--memory 4GiB")]
    [InlineData("--memory 0MiB", "--memory 0MiB is out of range", "--memory 4GiB")]
    [InlineData("--memory 9999999TiB", "--memory 9999999TiB is out of range", "--memory 4GiB")]
    [InlineData("--resolution 0", "--resolution 0 is out of range", "1 to 4,096")]
    [InlineData("--resolution large", "'large' is not a whole number", "--resolution 512")]
    [InlineData("--format jxl", "unknown format 'jxl'", "png, webp, tiff, avif, jpeg")]
    [InlineData("--layers ,", "--layers is empty", "styleprotect layers")]
    [InlineData("--method random --layers all", "--layers has no meaning with --method random", "Leave --layers out")]
    [InlineData("--method random --learning-rate 1e-4", "--learning-rate has no meaning with --method random: it trains nothing beside the picture",
        "Leave --learning-rate out")]
    [InlineData("--surrogate-steps 5", "--surrogate-steps has no meaning with --method styleprotect", "take fsmg, aspl or mist-v2")]
    [InlineData("--style-encoder folder", "--style-encoder has no meaning with --method styleprotect", "take style-distance")]
    [InlineData("--method caat --target {0}", "--target has no meaning with --method caat", "take mist, mist-v2 or photoguard")]
    [InlineData("--target no.png", "--target: ", "no.png")]
    [InlineData("--together --batch 2", "--together and --batch exclude each other", "one batch")]
    [InlineData("--ouput x", "unknown option '--ouput'", "Did you mean '--output'?")]
    public async Task Wrong_words_are_refused_in_one_line_with_a_hint(string words, string what, string hint)
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();

        var code = await command.RunAsync(["protect", _temp["in"], "-o", _temp["out"], .. words.Split(' ').Select(w => w == "{0}" ? _temp["in/a.png"] : w)]);

        Assert.Equal(ExitCode.Nothing, code);
        var line = Assert.Single(command.ErrorLines);
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(what, line, StringComparison.Ordinal);
        Assert.Contains(hint, line, StringComparison.Ordinal);
        Assert.Empty(command.Engine.Requests);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task A_missing_file_is_named_with_its_nearest_neighbour()
    {
        Pictures.Write(_temp["in/sunset.png"]);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in/sunste.png"], "-o", _temp["out"]));
        Assert.Contains("sunste.png' does not exist. Did you mean 'sunset.png'?", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_folder_is_named()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["no/such/a.png"], "-o", _temp["out"]));
        Assert.Contains("there is no folder", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_output_or_input_an_example_is_given()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp.Path));
        Assert.Contains("-o <folder> is missing", command.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect"));
        Assert.Contains("Example: styleprotect protect artworks -o protected", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_pictures_says_so()
    {
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp.Path, "-o", _temp["out"]));
        Assert.Contains("no picture in", command.Error, StringComparison.Ordinal);
        Assert.Contains("--recursive", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_originals_folder_is_refused_as_output()
    {
        Pictures.Write(_temp["in/a.jpg"]);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["in"] + "/"));
        Assert.Contains("holds originals", command.Error, StringComparison.Ordinal);
        Assert.Equal(["a.jpg"], _temp.Files("in"));
    }

    [Fact]
    public async Task The_originals_folder_is_recognised_through_a_link()
    {
        Pictures.Write(_temp["in/a.png"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["in"]);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["link"]));
        Assert.Equal(["a.png"], _temp.Files("in"));
    }

    [Fact]
    public async Task Overwriting_the_originals_must_be_asked_for_and_is_announced()
    {
        var before = await File.ReadAllBytesAsync(Pictures.Write(_temp["in/a.png"]), TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["in"], "--overwrite"));
        Assert.Contains("warning: --overwrite: 1 of the originals will be replaced", command.Error, StringComparison.Ordinal);
        Assert.NotEqual(before, await File.ReadAllBytesAsync(_temp["in/a.png"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_existing_result_is_not_replaced_unless_asked()
    {
        Pictures.Write(_temp["in/a.png"], 1);
        Pictures.Write(_temp["in/b.png"], 2);
        var old = await File.ReadAllBytesAsync(Pictures.Write(_temp["out/a.png"], 9), TestContext.Current.CancellationToken);
        var command = new CommandLine();

        Assert.Equal(ExitCode.SomeFailed, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Contains("exists already; say --overwrite", command.Error, StringComparison.Ordinal);
        Assert.Equal(old, await File.ReadAllBytesAsync(_temp["out/a.png"], TestContext.Current.CancellationToken));
        Assert.Single(Assert.Single(command.Engine.Requests).Artworks);

        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--overwrite"));
        Assert.NotEqual(old, await File.ReadAllBytesAsync(_temp["out/a.png"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_as_output_is_refused()
    {
        Pictures.Write(_temp["in/a.png"]);
        Pictures.Write(_temp["x.png"]);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["x.png"]));
        Assert.Contains("is a file. Give a folder", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_below_a_file_cannot_be_made()
    {
        Pictures.Write(_temp["in/a.png"]);
        Pictures.Write(_temp["x.png"]);
        var command = new CommandLine();
        Assert.Equal(ExitCode.Nothing, await command.RunAsync("protect", _temp["in"], "-o", _temp["x.png/deep"]));
        Assert.Contains("cannot write to the folder", command.Error, StringComparison.Ordinal);
        Assert.Empty(command.Engine.Requests);
    }

    [Fact]
    public async Task Artwork_in_other_formats_is_pointed_out()
    {
        Pictures.Write(_temp["in/a.png"]);
        await File.WriteAllTextAsync(_temp["in/b.psd"], "8BPS", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_temp["in/notes.txt"], "", TestContext.Current.CancellationToken);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"]));
        Assert.Contains("warning: 1 file is in a format that is not read and will not be protected: b.psd", command.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("notes.txt", command.Error, StringComparison.Ordinal);
    }
}
