namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>A picture to draw: either a drawing for a sheet or a whole SVG file.</summary>
/// <param name="Content">Content in words.</param>
/// <param name="Name">Name in the source, unique in its style.</param>
/// <param name="Drawing">What to draw on a sheet, or null.</param>
/// <param name="File">The SVG file to draw, or null.</param>
internal sealed record PictureTask(string Content, string Name, Drawing? Drawing, string? File);
