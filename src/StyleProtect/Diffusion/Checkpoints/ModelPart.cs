namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A part of a diffusers model, as <c>model_index.json</c> lists it.</summary>
/// <param name="Name">The folder's name, as in <c>unet</c>.</param>
/// <param name="Library">The Python library of the class, as in <c>diffusers</c>.</param>
/// <param name="ClassName">The class, as in <c>UNet2DConditionModel</c>.</param>
internal sealed record ModelPart(string Name, string Library, string ClassName);
