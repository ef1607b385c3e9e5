using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Cli.Tests.Protecting;

public sealed class ProtectSettingsTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Defaults_are_the_librarys()
    {
        var engine = await RunAsync();
        var options = Assert.Single(engine.Requests).Options!;
        Assert.Equal(new ProtectionOptions(), options);
        Assert.Null(options.Epsilon); // the library's own: 8, or the official script's with --reference
        Assert.Equal(new StyleProtectorOptions().ModelPath, engine.Options!.ModelPath);
        Assert.Equal(ComputeDevice.Auto, engine.Options.Device);
        Assert.Null(engine.Threads);
        Assert.Empty(engine.Options.Loras);
    }

    [Fact]
    public async Task Every_option_reaches_the_engine()
    {
        var engine = await RunAsync(
            "--method", "caat", "--epsilon", "12.75", "--steps", "7", "--seed", "-9", "--prompt", "an oil painting", "--layers", "up_blocks.1.*,mid*",
            "--model", "some/model", "--device", "cpu", "--precision", "bf16", "--reference", "--threads", "3",
            "--resolution", "768", "--memory", "1.5GiB");
        var options = Assert.Single(engine.Requests).Options!;
        Assert.Equal(ProtectionMethod.Caat, options.Method);
        Assert.Equal(12.75, options.Epsilon);
        Assert.Equal(7, options.Steps);
        Assert.Equal(-9, options.Seed);
        Assert.Equal("an oil painting", options.Prompt);
        Assert.NotNull(options.Layers);
        Assert.True(options.OfficialScript);
        Assert.Equal(Precision.BFloat16, options.Precision);
        Assert.Equal("some/model", engine.Options!.ModelPath);
        Assert.Equal(ComputeDevice.Cpu, engine.Options.Device);
        Assert.Equal(3, engine.Threads);
        Assert.Equal(768, options.Resolution);
        Assert.Equal(3L << 29, options.MemoryLimit);
    }

    [Fact]
    public async Task Loras_reach_the_engine_in_order()
    {
        var engine = await RunAsync("--lora", "a.safetensors", "--lora", "b.safetensors:0.5", "--lora", "a.safetensors:-1");
        Assert.Equal(
            [new LoraReference("a.safetensors"), new LoraReference("b.safetensors", 0.5), new LoraReference("a.safetensors", -1)], engine.Options!.Loras);
    }

    [Fact]
    public async Task A_weight_that_is_no_number_is_refused()
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        Assert.Equal(2, await command.RunAsync("protect", _temp["in"], "-o", _temp["out"], "--lora", "a.safetensors:strong"));
        Assert.Contains("--lora: 'a.safetensors:strong': the weight 'strong' is not a number", command.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("low", 4)]
    [InlineData("Medium", 8)]
    [InlineData("high", 12.75)]
    public async Task Strengths_are_names_for_epsilon(string strength, double epsilon) =>
        Assert.Equal(epsilon, Assert.Single((await RunAsync("--strength", strength)).Requests).Options!.Epsilon);

    [Theory]
    [InlineData("styleprotect")]
    [InlineData("caat")]
    [InlineData("AdvDM")]
    [InlineData("mist-v2")]
    [InlineData("random")]
    public async Task Every_method_has_a_name(string name)
    {
        var method = Assert.Single((await RunAsync("--method", name)).Requests).Options!.Method;
        Assert.Equal(name.ToLowerInvariant(), method.Name);
    }

    [Theory]
    [InlineData("--noise-samples")]
    [InlineData("--draws")]
    public async Task Noise_samples_are_understood_under_their_former_name(string option) =>
        Assert.Equal(3, Assert.Single((await RunAsync(option, "3")).Requests).Options!.NoiseSamples);

    [Theory]
    [InlineData("mist --target {0} --step-size 0.5")]
    [InlineData("style-distance --style-encoder some/encoder")]
    [InlineData("mist-v2 --learning-rate 1e-3 --surrogate-steps 7 --target {0}")]
    [InlineData("fsmg --surrogate-steps 7 --noise-samples 2")]
    public async Task Options_of_some_methods_are_taken_with_them(string words)
    {
        Pictures.Write(_temp["goal.png"]);
        var options = Assert.Single((await RunAsync(["--method", .. words.Split(' ').Select(w => w == "{0}" ? _temp["goal.png"] : w)])).Requests).Options!;
        Assert.Equal(words.Contains("--target", StringComparison.Ordinal), options.Target is not null);
        Assert.Equal(words.Contains("--style-encoder", StringComparison.Ordinal) ? "some/encoder" : null, options.StyleEncoder);
        Assert.Equal(words.Contains("--surrogate-steps", StringComparison.Ordinal) ? 7 : null, options.SurrogateSteps);
        Assert.Equal(words.Contains("--learning-rate", StringComparison.Ordinal) ? 1e-3 : null, options.LearningRate);
        Assert.Equal(words.Contains("--step-size", StringComparison.Ordinal) ? 0.5 : null, options.StepSize);
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData("64")]
    public async Task The_ends_of_the_epsilon_range_are_allowed(string epsilon) =>
        Assert.Single((await RunAsync("--epsilon", epsilon)).Requests);

    private async Task<FakeProtector> RunAsync(params string[] words)
    {
        Pictures.Write(_temp["in/a.png"]);
        var command = new CommandLine();
        Assert.Equal(0, await command.RunAsync(["protect", _temp["in"], "-o", _temp["out"], .. words]));
        return command.Engine;
    }
}
