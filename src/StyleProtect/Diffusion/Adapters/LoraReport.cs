using StyleProtect.Diffusion.Checkpoints;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>What a LoRA file turned out to be.</summary>
/// <param name="Layers">How many layers it changes.</param>
/// <param name="Notes">What its user should know, one sentence each.</param>
internal sealed record LoraReport(int Layers, IReadOnlyList<string> Notes)
{
    internal static LoraReport Of(SafetensorsFile file, IReadOnlyList<LoraEntry> entries)
    {
        var unsaid = LoraMetadata.IsPefts(file) && entries.All(e => e.Alpha is null && !e.Has(LoraRole.Alpha));
        return new LoraReport(entries.Count, unsaid
            ? [$"{file.Path} was saved by peft without adapter_config.json, which has the adapters' strength; their rank is taken for it (a factor of 1)."]
            : []);
    }
}
