namespace StyleProtect.Attacks;

/// <summary>Where an attack keeps its state, so that an interrupted one goes on from there with the same result, bit for bit.</summary>
/// <param name="Folder">The folder; made if missing. It holds one state at a time: safetensors (weights and AdamW's moments in fp32, three times what is trained) and a JSON file.</param>
/// <param name="Every">Steps between two states, at least 1. The last step is always kept.</param>
public sealed record AttackCheckpoints(string Folder, int Every = 100);
