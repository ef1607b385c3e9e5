using StyleProtect.Attacks;
using StyleProtect.Cli.Options;
using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Cli.Attacking;

/// <summary>The options of <c>styleprotect attack</c>, in the order of the help and of the documentation.</summary>
internal static class AttackDefinitions
{
    private const string Presets = "the preset's";

    /// <summary>The library's attacks by the names that the command line takes.</summary>
    internal static readonly Choices<AttackKind> Kinds = new(
        ("dreambooth", AttackKind.DreamBooth), ("lora", AttackKind.LoRA), ("textual-inversion", AttackKind.TextualInversion),
            ("custom-diffusion", AttackKind.CustomDiffusion));

    private static readonly Choices<AttackPreset> s_presets = new(("embedded", AttackPreset.Embedded), ("published", AttackPreset.Published),
        ("robust", AttackPreset.Robust));

    private static readonly Choices<LearningRateSchedule> s_schedules =
        new(("constant", LearningRateSchedule.Constant), ("linear", LearningRateSchedule.Linear), ("cosine", LearningRateSchedule.Cosine));

    private static readonly Choices<LoraLayout> s_layouts = new(("diffusers", LoraLayout.Diffusers), ("kohya", LoraLayout.Kohya));

    internal static IReadOnlyList<IOptionDefinition<AttackSettings>> All { get; } =
    [
        Value("--output", "folder", "Folder for the generated pictures and attack.json; made if missing", Values.Text, (s, v) => s.Output = v) with
        {
            Aliases = ["-o"], Required = ("where shall the generated pictures go?", "styleprotect attack artworks -o attack"),
        },
        Value("--kind", "name", "What is trained", Kinds.Parser, (s, v) => s.Kind = v) with
        {
            Default = "dreambooth",
            Details = "The whole U-Net, low-rank adapters, the embedding of one word, or K and V of the cross-attention",
        },
        Value("--preset", "name", "Protocol", s_presets.Parser, (s, v) => s.Preset = v) with
        {
            Default = "embedded",
            Details = "`embedded` is sized for the embedded model, `published` is the attack's published protocol for Stable Diffusion, `robust` DreamBooth " +
                "of Hönig et al. 2024",
            Refuses = s => s.Preset is AttackPreset.Robust && s.Kind is not AttackKind.DreamBooth
                ? ("robust is a fine-tuning of the whole U-Net.", "Leave --kind out.") : null,
        },
        SharedOptions.Prompts,
        Text("--instance-prompt", "text", "Caption of every picture in training", (o, v) => o with { InstancePrompt = v }) with { Default = Presets },
        SharedOptions.Captions,
        Changed("--steps", "n", "Training steps", Values.Integer(1, 1_000_000, "150"), (o, v) => o with { Steps = v }) with { Default = Presets },
        Changed("--rate", "rate", "Learning rate", Values.Number("2e-4", "between 0 and 1"), (o, v) => o with { LearningRate = v }) with { Default = Presets },
        Changed("--schedule", "name", "How the learning rate runs", s_schedules.Parser, (o, v) => o with { Schedule = v }) with { Default = "constant" },
        Changed("--warmup", "n", "Steps in which the learning rate rises first", Values.Integer(0, 1_000_000, "10"),
            (o, v) => o with { WarmupSteps = v }) with { Default = "0" },
        Changed("--batch", "n", "Pictures a step", Values.Integer(1, 256, "4"), (o, v) => o with { Batch = v }) with { Default = Presets },
        Changed("--seed", "n", "Seed of training and sampling", Values.Whole("1"), (o, v) => o with { Seed = v }) with { Default = "1" },
        Changed("--rank", "n", "Rank of LoRA's adapters", Values.Integer(1, 1024, "4"), (o, v) => o with { LoraRank = v }) with
        {
            Default = "4", Details = "They are on to_q, to_k, to_v and to_out",
        },
        Changed("--alpha", "α", "α of LoRA's adapters", Values.Number("4"), (o, v) => o with { LoraAlpha = v }) with { Default = "the rank" },
        Define<AttackSettings>.Switch("--convolutions", "LoRA's adapters on convolutions too", (s, v) => s.Change(o => o with { LoraConvolutions = v })),
        Text("--placeholder", "word", "The word that Textual Inversion learns", (o, v) => o with { Placeholder = v }) with
        {
            Default = "sks", Details = "One token of the model's tokenizer",
        },
        Text("--initial-word", "word", "The word that it starts from", (o, v) => o with { InitialWord = v }) with
        {
            Default = "the placeholder itself", Details = "One token of the model's tokenizer",
        },
        Define<AttackSettings>.Switch("--train-text-encoder", "Train the text encoder too", (s, v) => s.Change(o => o with { TrainTextEncoder = v })) with
        {
            Details = "Not with `textual-inversion`",
        },
        Value("--purifier", "name", "What the mimic does to the pictures first: jpeg:75, resize:0.5, blur:1, …, chained by +", Values.Text,
            (s, v) => s.Purifier = v is "none" ? null : v) with
        {
            Default = "none", Details = "See [Purifiers](#purifiers)",
        },
        Text("--sampler", "class", "diffusers' class of the sampler", (o, v) => o with { Sampler = v }) with { Default = Presets },
        Changed("--sampling-steps", "n", "Sampling steps", Values.Integer(1, 1000, "30"), (o, v) => o with { SamplingSteps = v }) with { Default = Presets },
        Changed("--guidance", "scale", "Scale of classifier-free guidance", Values.Number("3"), (o, v) => o with { Guidance = v }) with { Default = Presets },
        Value("--checkpoint-every", "n", "Steps between two states that are kept in <output>/checkpoint, from where the same command goes on",
            Values.Integer(1, 1_000_000, "100"), (s, v) => s.CheckpointEvery = v),
        Value("--save-lora", "file", "Write LoRA's adapters as safetensors", Values.Text, (s, v) => s.Learned = v) with
        {
            Refuses = s => s.Kind is AttackKind.LoRA ? null : ("needs --kind lora.", null),
        },
        Value("--lora-format", "name", "Key names of the adapters", s_layouts.Parser,
            (s, v) => s.LoraLayout = v) with { Default = "diffusers", Details = "`diffusers` is also peft's" },
        Value("--save-embedding", "file", "Write Textual Inversion's embedding as safetensors", Values.Text, (s, v) => s.Learned = v) with
        {
            Details = "diffusers and AUTOMATIC1111 read it",
            Refuses = s => s.Kind is AttackKind.TextualInversion ? null : ("needs --kind textual-inversion.", null),
        },
        SharedOptions.Model,
        SharedOptions.Vae,
        SharedOptions.Variant,
        SharedOptions.Lora,
        SharedOptions.Device,
        SharedOptions.Precision,
        SharedOptions.Threads,
        SharedOptions.Overwrite,
        SharedOptions.Json,
    ];

    private static OptionDefinition<AttackSettings, T> Value<T>(string name, string valueName, string help, ValueParser<T> parser,
        Action<AttackSettings, T> set) =>
        Define<AttackSettings>.Value(name, valueName, help, parser, set);

    /// <summary>An option that changes the preset.</summary>
    private static OptionDefinition<AttackSettings, T> Changed<T>(string name, string valueName, string help, ValueParser<T> parser,
        Func<AttackOptions, T, AttackOptions> change) =>
        Value(name, valueName, help, parser, (s, v) => s.Change(o => change(o, v)));

    private static OptionDefinition<AttackSettings, string> Text(string name, string valueName, string help,
        Func<AttackOptions, string, AttackOptions> change) =>
        Changed(name, valueName, help, Values.Text, change);
}
