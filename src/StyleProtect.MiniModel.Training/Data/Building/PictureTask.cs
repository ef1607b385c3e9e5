namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>A picture to draw: either a drawing for a sheet or a whole SVG file.</summary>
/// <param name="Content">Content in words.</param>
/// <param name="Name">Name in the source, unique in its style.</param>
/// <param name="Drawing">What to draw on a sheet, or null.</param>
/// <param name="File">The SVG file to draw, or null.</param>
internal sealed record PictureTask(string Content, string Name, Drawing? Drawing, string? File);

/// <summary>One vector drawing: the inner part of an SVG and the rectangle that it fills.</summary>
/// <param name="Name">Name in its source.</param>
/// <param name="Body">SVG elements without the outer <c>svg</c>.</param>
/// <param name="Left">Left edge of the view box.</param>
/// <param name="Top">Top edge of the view box.</param>
/// <param name="Width">Width of the view box.</param>
/// <param name="Height">Height of the view box.</param>
internal sealed record Drawing(string Name, string Body, double Left, double Top, double Width, double Height);
