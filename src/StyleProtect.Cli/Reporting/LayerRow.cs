namespace StyleProtect.Cli.Reporting;

/// <summary>One attention layer of <see cref="LayersDocument"/>.</summary>
/// <param name="Index">Position in name order among the layers of its kind.</param>
/// <param name="Name">diffusers' name.</param>
/// <param name="Block">The U-Net's block.</param>
/// <param name="Group">The transformer that it is in.</param>
/// <param name="Downsampling">By how much its feature map is smaller than the latent.</param>
/// <param name="Resolution">Side of its feature map for pictures of the model's size.</param>
/// <param name="Channels">Width of its feature map.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="KeyValueParameters">Weights of K and V together.</param>
/// <param name="InPaperSet">Whether it is one of the paper's four.</param>
internal sealed record LayerRow(
    int Index, string Name, string Block, string Group, int Downsampling, int Resolution, int Channels, int Heads, long KeyValueParameters, bool InPaperSet);
