using System.CommandLine;
using StyleProtect.Cli.Protecting;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect protect</c>: the words of the command. They are read as text, so that every error is one line of our own.</summary>
internal sealed class ProtectCommand : Command
{
    private readonly Argument<string[]> _inputs = new("files or folders") { Description = "Pictures, or folders with pictures (PNG, JPEG, WebP, TIFF, AVIF, GIF)", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _output = Text("--output", "folder", "Folder for the protected pictures; made if missing (required)", "-o");
    private readonly Option<string> _method = Text("--method", "name", "styleprotect (default), caat, advdm, fsmg, aspl, sds, mist, mist-v2, photoguard, style-distance or random; see `styleprotect methods`");
    private readonly Option<string> _model = Text("--model", "folder", "Model in diffusers layout (default: the embedded model)");
    private readonly Option<string> _layers = Text("--layers", "set", "paper, all, none, topk:style:4, ensemble:4, budget:100000, random:4:1, or names and patterns separated by commas (default: the method's own)");
    private readonly Option<string> _epsilon = Text("--epsilon", "ε", "Largest change of a sample in 8-bit steps, above 0 to 64 (default: 8; with --reference the official script's)");
    private readonly Option<string> _strength = Text("--strength", "name", "low (ε 4, at least 36.1 dB), medium (ε 8, 30.1 dB) or high (ε 12.75, 26.0 dB)");
    private readonly Option<string> _steps = Text("--steps", "n", "Steps (default: 20, mist and photoguard 60; with --reference the official script's)");
    private readonly Option<string> _draws = Text("--draws", "n", "Draws of noise and timestep a step, each a pass through the U-Net (default: 4; mist, photoguard and --reference: 1)");
    private readonly Option<string> _learningRate = Text("--learning-rate", "n", "Learning rate of what is trained (default: 1e-5 for K and V, 5e-6 for fsmg and aspl, 1e-4 for mist-v2; about 2e-4 suits the embedded model)");
    private readonly Option<string> _surrogateSteps = Text("--surrogate-steps", "n", "Training steps of the stand-in at a time (default: fsmg 100, aspl and mist-v2 10)");
    private readonly Option<string> _seed = Text("--seed", "n", "Seed of every random draw (default: 42)");
    private readonly Option<string> _prompt = Text("--prompt", "text", "Prompt that conditions the model (default: the model's own)");
    private readonly Option<string> _styleEncoder = Text("--style-encoder", "folder", "Encoder that style-distance leads away from: CSD, CLIP or one of this project (default: the model's own)");
    private readonly Option<string> _target = Text("--target", "file", "Picture to whose latents mist, mist-v2 and photoguard draw (default: a pattern; zero)");
    private readonly Option<string> _device = Text("--device", "name", "auto (default), cpu or cuda");
    private readonly Option<string> _precision = Text("--precision", "name", "auto (default), reference (fp32) or bf16");
    private readonly Option<string> _resolution = Text("--resolution", "pixels", "Side of the views that the model sees (default: the model's own)");
    private readonly Option<string> _memory = Text("--memory", "amount", "Memory that may be used, for example 4GiB (default: nine tenths of what is available)");
    private readonly Option<bool> _explain = new("--explain") { Description = "Print how the work fits into memory, and stop" };
    private readonly Option<string> _format = Text("--format", "name", "png (default), webp, tiff, avif, or jpeg (loses part of the protection)");
    private readonly Option<string> _batch = Text("--batch", "n", "Pictures trained together as one artist's set, 1 to 16 (default: 4)");
    private readonly Option<string> _threads = Text("--threads", "n", "Processor threads (default: libtorch's choice)");
    private readonly Option<bool> _together = new("--together") { Description = "All pictures in one set (at most 16)" };
    private readonly Option<bool> _recursive = new("--recursive", "-r") { Description = "Search sub-folders too; their structure is kept" };
    private readonly Option<bool> _reference = new("--reference") { Description = "The official script's behaviour, for comparisons: squashes to the model's square size" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace existing files; also allows the originals' own folder" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Show the notes on each picture, and more about unexpected failures" };

    internal ProtectCommand(Func<ProtectArguments, CancellationToken, Task<int>> run)
        : base("protect", "Protects pictures against style mimicry. The originals are never changed.")
    {
        Add(_inputs);
        foreach (var option in (Option[])
            [_output, _method, _strength, _epsilon, _steps, _draws, _layers, _learningRate, _surrogateSteps, _seed, _prompt, _target, _styleEncoder, _model, _device, _precision, _resolution, _memory, _explain, _format, _batch, _together, _recursive, _threads, _reference, _overwrite, _json, _verbose])
            Add(option);
        SetAction((result, cancellationToken) =>
        {
            var typed = Read(result);
            RefuseUnknownOptions(typed.Inputs);
            return run(typed, cancellationToken);
        });
    }

    // The parser takes a mistyped option for one more file name.
    private void RefuseUnknownOptions(IReadOnlyList<string> inputs)
    {
        if (inputs.FirstOrDefault(i => i.StartsWith('-') && !Path.Exists(i)) is not { } unknown) return;
        var name = unknown.Split('=')[0];
        throw CommandException.Usage($"unknown option '{name}'.", Nearest.Suggest(name, Options.Select(o => o.Name)) ?? "`styleprotect protect --help` lists the options.");
    }

    private ProtectArguments Read(ParseResult result) => new()
    {
        Inputs = result.GetValue(_inputs) ?? [],
        Output = result.GetValue(_output),
        Method = result.GetValue(_method),
        Model = result.GetValue(_model),
        Layers = result.GetValue(_layers),
        Epsilon = result.GetValue(_epsilon),
        Strength = result.GetValue(_strength),
        Steps = result.GetValue(_steps),
        Draws = result.GetValue(_draws),
        LearningRate = result.GetValue(_learningRate),
        SurrogateSteps = result.GetValue(_surrogateSteps),
        Seed = result.GetValue(_seed),
        Prompt = result.GetValue(_prompt),
        Target = result.GetValue(_target),
        StyleEncoder = result.GetValue(_styleEncoder),
        Device = result.GetValue(_device),
        Precision = result.GetValue(_precision),
        Resolution = result.GetValue(_resolution),
        Memory = result.GetValue(_memory),
        Explain = result.GetValue(_explain),
        Format = result.GetValue(_format),
        Batch = result.GetValue(_batch),
        Threads = result.GetValue(_threads),
        Together = result.GetValue(_together),
        Recursive = result.GetValue(_recursive),
        Reference = result.GetValue(_reference),
        Overwrite = result.GetValue(_overwrite),
        Json = result.GetValue(_json),
        Verbose = result.GetValue(_verbose),
    };

    private static Option<string> Text(string name, string helpName, string description, params string[] aliases) =>
        new(name, aliases) { HelpName = helpName, Description = description };
}
