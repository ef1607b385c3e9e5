using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Tests.EndToEnd;
using StyleProtect.Cli.Tests.Infrastructure;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Testing;
using TorchSharp;
using Xunit;

namespace StyleProtect.Cli.Tests.Attacking;

/// <summary><c>styleprotect attack</c> from words to files on a tiny model.</summary>
public sealed class AttackCommandTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly RealModel _model;

    public AttackCommandTests(RealModel model)
    {
        _model = model;
        File.WriteAllText(_temp["prompts.txt"], "an artwork of sks\n\n an oil painting of sks \n");
    }

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("dreambooth", "")]
    [InlineData("lora", "--rank 2 --alpha 4 --convolutions --train-text-encoder --schedule cosine --warmup 1")]
    [InlineData("textual-inversion", "--initial-word painting --preset published")]
    [InlineData("custom-diffusion", "--purifier jpeg:75+blur:1")]
    public async Task A_folder_becomes_generated_pictures_and_one_document(string kind, string words)
    {
        var (code, command) = await Attack("out", ["--kind", kind, .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.DoesNotContain("error:", command.Error, StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.Equal(["00.png", "01.png", "attack.json"], _temp.Files("out"));
        foreach (var generated in (string[])["00.png", "01.png"])
            Assert.Equal((32, 32), (Artwork.Load(_temp[$"out/{generated}"]).Width, Artwork.Load(_temp[$"out/{generated}"]).Height));
        var document = Document("out");
        Assert.Equal("styleprotect.attack/1", (string?)document["schema"]);
        Assert.Equal(kind, (string?)document["kind"]);
        Assert.Equal(["good.png", "half.png"], document["pictures"]!.AsArray().Select(p => (string?)p!["file"]));
        Assert.Equal(["an artwork of sks", "an oil painting of sks"], document["painted"]!.AsArray().Select(p => (string?)p!["prompt"]));
        Assert.Equal(3, document["lossCurve"]!.AsArray().Count);
        Assert.Equal(3, (int)document["settings"]!["steps"]!);
        Assert.Equal(kind == "custom-diffusion" ? "jpeg:75+blur:1" : null, (string?)document["purifier"]);
        Assert.True((long)document["trainedParameters"]! > 0);
        Assert.Equal(64, ((string)document["model"]!["sha256"]!).Length);
        Assert.Contains("step 3/3", command.Error, StringComparison.Ordinal);
        Assert.Contains("left", command.Error, StringComparison.Ordinal);
        Assert.Contains("an oil painting of sks", command.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Captions_are_read_from_beside_the_pictures()
    {
        var folder = Directory.CreateDirectory(_temp["in"]).FullName;
        foreach (var picture in (string[])["good", "half"]) File.Copy(Path.Combine(_model.Input, $"{picture}.png"), Path.Combine(folder, $"{picture}.png"));
        File.WriteAllText(_temp["in/good.txt"], "a photo of sks\n");
        Assert.Contains("half.png' has no caption", (await AttackOn(folder, "out", "--captions")).Command.Error, StringComparison.Ordinal);
        File.WriteAllText(_temp["in/half.txt"], " ");
        Assert.Contains("half.txt' is empty", (await AttackOn(folder, "out", "--captions")).Command.Error, StringComparison.Ordinal);
        File.WriteAllText(_temp["in/half.txt"], "an oil painting of sks");
        Assert.Equal(0, (await AttackOn(folder, "out", "--captions")).Code);
        Assert.Equal(["a photo of sks", "an oil painting of sks"], Document("out")["captions"]!.AsArray().Select(c => (string?)c));
    }

    [Fact]
    public async Task Options_reach_the_attack()
    {
        var (_, command) = await Attack("out", "--kind", "lora", "--rank", "2", "--alpha", "4", "--schedule", "linear", "--warmup", "1", "--rate", "0.005",
            "--batch", "1", "--seed", "9", "--guidance", "2.5", "--instance-prompt", "an oil painting of sks", "--json");
        var settings = command.Json["settings"]!;
        Assert.Equal((2, 4.0, "linear", 1),
            ((int)settings["loraRank"]!, (double)settings["loraAlpha"]!, (string?)settings["schedule"], (int)settings["warmupSteps"]!));
        Assert.Equal((0.005, 1, 9L, 2.5), ((double)settings["learningRate"]!, (int)settings["batch"]!, (long)settings["seed"]!, (double)settings["guidance"]!));
        Assert.Equal("an oil painting of sks", (string?)settings["instancePrompt"]);
        Assert.Equal(Document("out").ToJsonString(), command.Json.ToJsonString());
    }

    [Theory]
    [InlineData("--kind lora --save-lora {0}", "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_q.lora_A.weight")]
    [InlineData("--kind lora --lora-format kohya --save-lora {0}", "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q.lora_down.weight")]
    [InlineData("--kind textual-inversion --save-embedding {0}", "sks")]
    public async Task What_was_learned_is_saved_under_the_names_that_other_tools_read(string words, string key)
    {
        var file = _temp["files/learned.safetensors"];
        var arguments = words.Split(' ').Select(w => w == "{0}" ? file : w).ToArray();
        Assert.Equal(0, (await Attack("out", arguments)).Code);
        using (var written = SafetensorsFile.Open(file)) Assert.Contains(key, written.Entries.Keys);
        Assert.Equal("learned.safetensors", (string?)Document("out")["learned"]);
        var (code, command) = await Attack("other", arguments);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("learned.safetensors' exists already", command.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_attack_goes_on_and_ends_like_an_uninterrupted_one()
    {
        string[] words = ["--kind", "lora", "--steps", "5", "--checkpoint-every", "2"];
        Assert.Equal(0, (await Attack("whole", words)).Code);
        using var source = new CancellationTokenSource();
        using var error = new StopAt("step 3/5", source);
        using var output = new StringWriter();
        var app = new CommandLineApp(Terminal.ForWriters(output, error), new CommandServices(new ProtectorFactory(), new ArtworkStore(), []));
        Assert.Equal(ExitCode.Cancelled, await app.RunAsync(Words("out", words), source.Token));
        Assert.Equal(["checkpoint/checkpoint.json", "checkpoint/state-000002.safetensors"], _temp.Files("out"));
        var (code, command) = await Attack("out", words);
        Assert.Equal(0, code);
        Assert.Contains("step 3/5", command.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("step 2/5", command.Error, StringComparison.Ordinal);
        Assert.Equal(["00.png", "01.png", "attack.json"], _temp.Files("out")); // the state has served its purpose
        Assert.Equal(Document("whole")["lossCurve"]!.ToJsonString(), Document("out")["lossCurve"]!.ToJsonString());
        foreach (var name in (string[])["00.png", "01.png"]) Assert.Equal(await Bytes($"whole/{name}"), await Bytes($"out/{name}"));
    }

    [Theory]
    [InlineData("--kind dreambth", "--kind: unknown value 'dreambth'. Did you mean 'dreambooth'?")]
    [InlineData("--steps 0", "--steps 0 is out of range")]
    [InlineData("--rate x", "--rate: 'x' is not a number")]
    [InlineData("--rate 2", "The learning rate 2 does not lie between 0 and 1")]
    [InlineData("--prompts none.txt", "there is no file 'none.txt'")]
    [InlineData("--save-lora x.safetensors", "--save-lora needs --kind lora")]
    [InlineData("--save-embedding x.safetensors", "--save-embedding needs --kind textual-inversion")]
    [InlineData("--preset robust --kind lora", "--preset robust is a fine-tuning of the whole U-Net")]
    [InlineData("--purifier jpg:75", "--purifier:")]
    [InlineData("--sampler UniPC", "The sampler 'UniPC' is not supported")]
    [InlineData("--kind textual-inversion --placeholder zwx", "does not know the word 'zwx'")]
    [InlineData("--checkpoint-every 0", "--checkpoint-every 0 is out of range")]
    public async Task Wrong_words_are_refused_in_one_line_and_leave_nothing(string words, string reason)
    {
        var (code, command) = await Attack("out", words.Split(' '));
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains(reason, Assert.Single(command.ErrorLines, l => l.StartsWith("error:", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    [Fact]
    public async Task Too_few_too_small_and_broken_pictures_are_refused_by_name()
    {
        async Task Refused(string folder, string reason)
        {
            var (code, command) = await AttackOn(_temp[folder], "out");
            Assert.Equal(ExitCode.Nothing, code);
            Assert.Contains(reason, command.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_temp["out"]));
        }

        await Refused("none", "there is no folder");
        Pictures.Write(_temp["in/a.png"], 1, 40, 40);
        await Refused("in", "has 1 pictures; a style shows in at least two");
        Pictures.Write(_temp["in/b.png"], 2, 40, 20);
        await Refused("in", "b.png': Picture 2 of 2 is 40 × 20: the model learns from squares of 32");
        await File.WriteAllTextAsync(_temp["in/b.png"], "no picture", TestContext.Current.CancellationToken);
        await Refused("in", "b.png'");
        var (_, last) = await AttackOn(_model.Input, "../" + Path.GetRelativePath(Path.GetDirectoryName(_temp.Path)!, _model.Input));
        Assert.Contains("is the folder of the pictures", last.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_only_replaced_when_asked()
    {
        Assert.Equal(0, (await Attack("out")).Code);
        var first = await Bytes("out/00.png");
        var (code, command) = await Attack("out", "--seed", "2");
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("attack.json' exists already", command.Error, StringComparison.Ordinal);
        Assert.Equal(first, await Bytes("out/00.png"));
        Assert.Equal(0, (await Attack("out", "--seed", "2", "--overwrite")).Code);
        Assert.NotEqual(first, await Bytes("out/00.png"));
    }

    [Fact]
    public async Task An_attack_that_diverges_says_so_and_a_missing_model_is_exit_code_3()
    {
        var spoiled = GoldenModelFolder.WriteStableDiffusion2(_temp["spoiled"], w => w["conv_out.weight"] = w["conv_out.weight"] * torch.tensor(1e30f));
        var (code, command) = await Attack("out", "--model", spoiled);
        Assert.Equal(ExitCode.Nothing, code);
        Assert.Contains("diverged at step 1", command.Error, StringComparison.Ordinal);
        (code, command) = await Attack("out", "--model", _temp["nowhere"]);
        Assert.Equal(ExitCode.Environment, code);
        Assert.Contains("neither a file or folder, nor a known model", command.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp["out"]));
    }

    private Task<(int Code, CommandLine Command)> Attack(string output, params string[] words) => AttackOn(_model.Input, output, words);

    private async Task<(int Code, CommandLine Command)> AttackOn(string folder, string output, params string[] words)
    {
        var command = new CommandLine();
        return (await command.RunAsync(TestContext.Current.CancellationToken, [.. Words(output, words).Select((w, i) => i == 1 ? folder : w)]), command);
    }

    private string[] Words(string output, string[] words)
    {
        List<string> all = ["attack", _model.Input, "-o", _temp[output], .. words];
        foreach (var (option, value) in new[] { ("--model", _model.TwoLevels), ("--prompts", _temp["prompts.txt"]), ("--steps", "3"), ("--sampling-steps", "2"),
            ("--threads", "1"), ("--precision", "reference"), ("--sampler", "DDIMScheduler") })
            if (!words.Contains(option, StringComparer.Ordinal)) all.AddRange([option, value]);
        return [.. all];
    }

    private JsonNode Document(string folder) => JsonNode.Parse(File.ReadAllText(_temp[$"{folder}/attack.json"]))!;

    private Task<byte[]> Bytes(string file) => File.ReadAllBytesAsync(_temp[file], TestContext.Current.CancellationToken);

    /// <summary>Ctrl+C when a text appears.</summary>
    private sealed class StopAt(string text, CancellationTokenSource source) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(text, StringComparison.Ordinal) == true) source.Cancel();
        }
    }
}
