using System.CommandLine;
using StyleProtect.Attacks;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Protecting;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect attack</c>: does what a mimic would do with a folder of pictures.</summary>
internal sealed class AttackCommand : Command
{
    private readonly Argument<string> _folder = new("folder") { Description = "The pictures to learn from, at least two, as they are published" };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "folder", Description = "Folder for the painted pictures and attack.json; made if missing", Required = true };
    private readonly Option<string?> _kind = Text("--kind", "name", AttackNames.Kinds);
    private readonly Option<string?> _preset = Text("--preset", "name", "embedded (default: sized for the embedded model), published (the attack's published protocol) or robust (Hönig et al. 2024)");
    private readonly Option<string?> _prompts = Text("--prompts", "file", "What the mimic paints, one prompt a line (default: contents that the embedded model knows)");
    private readonly Option<string?> _instance = Text("--instance-prompt", "text", "Caption of every picture in training (default: the preset's)");
    private readonly Option<bool> _captions = new("--captions") { Description = "Learn each picture with a caption of its own: a text file of the same name beside it" };
    private readonly Option<string?> _steps = Text("--steps", "n", "Training steps (default: the preset's)");
    private readonly Option<string?> _rate = Text("--rate", "rate", "Learning rate (default: the preset's)");
    private readonly Option<string?> _schedule = Text("--schedule", "name", "How the learning rate runs: constant (default), linear or cosine");
    private readonly Option<string?> _warmup = Text("--warmup", "n", "Steps in which the learning rate rises first (default: 0)");
    private readonly Option<string?> _batch = Text("--batch", "n", "Pictures a step (default: the preset's)");
    private readonly Option<string?> _seed = Text("--seed", "n", "Seed of training and painting (default: 1)");
    private readonly Option<string?> _rank = Text("--rank", "n", "Rank of LoRA's adapters (default: 4)");
    private readonly Option<string?> _alpha = Text("--alpha", "α", "α of LoRA's adapters (default: the rank)");
    private readonly Option<bool> _convolutions = new("--convolutions") { Description = "LoRA's adapters on convolutions too" };
    private readonly Option<string?> _placeholder = Text("--placeholder", "word", "The word that Textual Inversion learns (default: sks)");
    private readonly Option<string?> _initial = Text("--initial-word", "word", "The word that it starts from (default: the placeholder itself)");
    private readonly Option<bool> _text = new("--train-text-encoder") { Description = "Train the text encoder too" };
    private readonly Option<string?> _purifier = Text("--purifier", "name", "What the mimic does to the pictures first: jpeg:75, resize:0.5, blur:1, …, chained by +");
    private readonly Option<string?> _sampler = Text("--sampler", "class", "diffusers' class of the sampler (default: the preset's)");
    private readonly Option<string?> _samplingSteps = Text("--sampling-steps", "n", "Sampling steps (default: the preset's)");
    private readonly Option<string?> _guidance = Text("--guidance", "scale", "Scale of classifier-free guidance (default: the preset's)");
    private readonly Option<string?> _checkpointEvery = Text("--checkpoint-every", "n", "Keep the state every n steps in <output>/checkpoint; the same command goes on from there");
    private readonly Option<string?> _saveLora = Text("--save-lora", "file", "Write LoRA's adapters as safetensors");
    private readonly Option<string?> _loraFormat = Text("--lora-format", "name", "Their key names: diffusers (default) or kohya");
    private readonly Option<string?> _saveEmbedding = Text("--save-embedding", "file", "Write Textual Inversion's embedding as safetensors");
    private readonly Option<string?> _model = Text("--model", "folder", "Model in diffusers layout (default: the embedded model)");
    private readonly Option<string?> _device = Text("--device", "name", "auto (default), cpu or cuda");
    private readonly Option<string?> _precision = Text("--precision", "name", "auto (default), reference (fp32) or bf16");
    private readonly Option<string?> _threads = Text("--threads", "n", "Processor threads (default: libtorch's choice)");
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace existing files" };
    private readonly Option<bool> _json = new("--json") { Description = "Print attack.json on standard output" };

    internal AttackCommand(Func<AttackSettings, CancellationToken, Task> run)
        : base("attack", "Does what a mimic would do with published pictures: fine-tunes the model on them and paints prompts in their style.")
    {
        Add(_folder);
        foreach (var option in (Option[])
            [_output, _kind, _preset, _prompts, _instance, _captions, _steps, _rate, _schedule, _warmup, _batch, _seed, _rank, _alpha, _convolutions, _placeholder, _initial, _text, _purifier, _sampler, _samplingSteps,
                _guidance, _checkpointEvery, _saveLora, _loraFormat, _saveEmbedding, _model, _device, _precision, _threads, _overwrite, _json])
            Add(option);
        SetAction(async (result, cancellationToken) =>
        {
            await run(Read(result), cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
    }

    private AttackSettings Read(ParseResult typed)
    {
        var kind = AttackNames.Parse("--kind", typed.GetValue(_kind));
        var learned = Learned(typed, kind);
        var defaults = new ProtectionOptions { Precision = ComputeWords.Precision(typed.GetValue(_precision)) };
        return new AttackSettings
        {
            Folder = typed.GetRequiredValue(_folder),
            Output = typed.GetRequiredValue(_output),
            Prompts = PaintedPrompts.Read(typed.GetValue(_prompts)),
            Options = Training(typed, kind),
            Captions = typed.GetValue(_captions),
            Purifier = typed.GetValue(_purifier) is { } purifier and not "none" ? purifier : null,
            CheckpointEvery = (int?)WordReader.Integer("--checkpoint-every", typed.GetValue(_checkpointEvery), 1, 1_000_000, "100"),
            Learned = learned,
            LoraLayout = typed.GetValue(_loraFormat) is { } format ? WordReader.Choice("--lora-format", format, ("diffusers", LoraLayout.Diffusers), ("kohya", LoraLayout.Kohya)) : LoraLayout.Diffusers,
            Engine = ComputeWords.Engine(typed.GetValue(_model), typed.GetValue(_device), defaults),
            Threads = (int?)WordReader.Integer("--threads", typed.GetValue(_threads), 1, 1024, "2"),
            Overwrite = typed.GetValue(_overwrite),
            Json = typed.GetValue(_json),
        };
    }

    private AttackOptions Training(ParseResult typed, AttackKind kind)
    {
        var basis = Preset(typed.GetValue(_preset), kind);
        return basis with
        {
            InstancePrompt = typed.GetValue(_instance) ?? basis.InstancePrompt,
            Steps = (int?)WordReader.Integer("--steps", typed.GetValue(_steps), 1, 1_000_000, "150") ?? basis.Steps,
            LearningRate = Number("--rate", typed.GetValue(_rate), "2e-4") ?? basis.LearningRate,
            Schedule = typed.GetValue(_schedule) is { } schedule
                ? WordReader.Choice("--schedule", schedule, ("constant", LearningRateSchedule.Constant), ("linear", LearningRateSchedule.Linear), ("cosine", LearningRateSchedule.Cosine))
                : basis.Schedule,
            WarmupSteps = (int?)WordReader.Integer("--warmup", typed.GetValue(_warmup), 0, 1_000_000, "10") ?? basis.WarmupSteps,
            Batch = (int?)WordReader.Integer("--batch", typed.GetValue(_batch), 1, 256, "4") ?? basis.Batch,
            Seed = WordReader.Integer("--seed", typed.GetValue(_seed), long.MinValue, long.MaxValue, "1") ?? basis.Seed,
            LoraRank = (int?)WordReader.Integer("--rank", typed.GetValue(_rank), 1, 1024, "4") ?? basis.LoraRank,
            LoraAlpha = Number("--alpha", typed.GetValue(_alpha), "4") ?? basis.LoraAlpha,
            LoraConvolutions = typed.GetValue(_convolutions),
            Placeholder = typed.GetValue(_placeholder) ?? basis.Placeholder,
            InitialWord = typed.GetValue(_initial) ?? basis.InitialWord,
            TrainTextEncoder = typed.GetValue(_text),
            Sampler = typed.GetValue(_sampler) ?? basis.Sampler,
            SamplingSteps = (int?)WordReader.Integer("--sampling-steps", typed.GetValue(_samplingSteps), 1, 1000, "30") ?? basis.SamplingSteps,
            Guidance = Number("--guidance", typed.GetValue(_guidance), "3") ?? basis.Guidance,
        };
    }

    private static AttackOptions Preset(string? name, AttackKind kind)
    {
        var preset = name is null ? "embedded" : WordReader.Choice("--preset", name, ("embedded", "embedded"), ("published", "published"), ("robust", "robust"));
        if (preset == "robust" && kind is not AttackKind.DreamBooth) throw CommandException.Usage("--preset robust is a fine-tuning of the whole U-Net.", "Leave --kind out.");
        return (preset, kind) switch
        {
            ("embedded", _) => AttackPresets.EmbeddedFor(kind),
            ("robust", _) => AttackPresets.RobustMimicry,
            (_, AttackKind.LoRA) => AttackPresets.LoRA,
            (_, AttackKind.TextualInversion) => AttackPresets.TextualInversion,
            (_, AttackKind.CustomDiffusion) => AttackPresets.CustomDiffusion,
            _ => AttackPresets.Paper,
        };
    }

    private string? Learned(ParseResult typed, AttackKind kind)
    {
        if (typed.GetValue(_saveLora) is not null && kind is not AttackKind.LoRA) throw CommandException.Usage("--save-lora needs --kind lora.");
        if (typed.GetValue(_saveEmbedding) is not null && kind is not AttackKind.TextualInversion) throw CommandException.Usage("--save-embedding needs --kind textual-inversion.");
        return typed.GetValue(_saveLora) ?? typed.GetValue(_saveEmbedding);
    }

    private static double? Number(string option, string? text, string example) => text is null ? null : WordReader.Number(option, text, example);

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };
}
