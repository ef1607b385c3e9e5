namespace StyleProtect.Protection.Views;

/// <summary>A rectangle of whole pixels.</summary>
internal readonly record struct PixelRectangle(int X, int Y, int Width, int Height);
