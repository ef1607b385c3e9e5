using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Cli.Tests.Protecting;

public sealed class OutputPlanTests
{
    [Theory]
    [InlineData("a.png|a.jpg", "a-png.png|a-jpg.png")]
    [InlineData("a.png|A.PNG", "a-png.png|A-png-2.png")]
    [InlineData("a.png|a.jpg|a-jpg.webp", "a-png.png|a-jpg-2.png|a-jpg.png")]
    [InlineData("x/a.png|y/a.png|y/b.tif", "a-png.png|a-png-2.png|b.png")]
    [InlineData("a.b.png|a.png", "a.b.png|a.png")]
    [InlineData("a|a.png", "a.png|a-png.png")]
    public void Outputs_never_share_a_name(string inputs, string outputs)
    {
        var plan = Plan(inputs.Split('|').Select(i => new PictureInput(i, "")).ToArray());
        Assert.Equal(outputs.Split('|'), plan.Select(p => Path.GetFileName(p.Output)));
        Assert.Equal(plan.Count, plan.Select(p => p.Output).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void The_rule_does_not_depend_on_the_order_for_different_endings()
    {
        string[] names = ["a.png", "a.jpg", "a.tif"];
        var forward = Plan([.. names.Select(n => new PictureInput(n, ""))]).ToDictionary(p => p.Input.Path, p => p.Output, StringComparer.Ordinal);
        var backward = Plan([.. names.Reverse().Select(n => new PictureInput(n, ""))]).ToDictionary(p => p.Input.Path, p => p.Output, StringComparer.Ordinal);
        Assert.Equal(forward, backward);
    }

    [Fact]
    public async Task Both_of_two_pictures_with_one_name_are_written()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/a.png"], 1);
        Pictures.Write(temp["in/a.jpg"], 2);
        Assert.Equal(0, await new CommandLine().RunAsync("protect", temp["in"], "-o", temp["out"]));
        Assert.Equal(["a-jpg.png", "a-jpg.png.styleprotect.json", "a-png.png", "a-png.png.styleprotect.json"], temp.Files("out"));
    }

    [Fact]
    public async Task Sub_folders_only_if_asked_and_their_structure_is_kept()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/a.png"], 1);
        Pictures.Write(temp["in/deep/er/a.png"], 2);
        Assert.Equal(0, await new CommandLine().RunAsync("protect", temp["in"], "-o", temp["flat"]));
        Assert.Equal(["a.png", "a.png.styleprotect.json"], temp.Files("flat"));
        Assert.Equal(0, await new CommandLine().RunAsync("protect", temp["in"], "-o", temp["out"], "--recursive"));
        Assert.Equal(["a.png", "a.png.styleprotect.json", "deep/er/a.png", "deep/er/a.png.styleprotect.json"], temp.Files("out"));
    }

    [Fact]
    public async Task Results_inside_the_input_folder_are_not_protected_again()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/a.png"]);
        string[] words = ["protect", temp["in"], "-o", temp["in/protected"], "--recursive", "--overwrite"];
        Assert.Equal(0, await new CommandLine().RunAsync(words));
        Assert.Equal(0, await new CommandLine().RunAsync(words));
        Assert.Equal(["a.png", "protected/a.png", "protected/a.png.styleprotect.json"], temp.Files("in"));
    }

    [Fact]
    public void A_file_given_twice_is_taken_once()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/a.png"]);
        Assert.Single(InputCollector.Collect([temp["in"], temp["in/a.png"], temp["in/../in/a.png"]], recursive: false, temp["out"]).Pictures);
    }

    [Fact]
    public void Hidden_files_and_linked_folders_are_left_out()
    {
        using var temp = new TempFolder();
        Pictures.Write(temp["in/a.png"]);
        Pictures.Write(temp["in/.b.png"]);
        Directory.CreateSymbolicLink(temp["in/loop"], temp["in"]);
        Assert.Equal(["a.png"], InputCollector.Collect([temp["in"]], recursive: true, temp["out"]).Pictures.Select(p => p.Name));
    }

    private static IReadOnlyList<PlannedPicture> Plan(PictureInput[] inputs) => OutputPlan.Create(inputs, "out", PictureFormat.Png);
}
