namespace StyleProtect.MiniModel.Training.Data;

/// <summary>A picture that was drawn and left out.</summary>
/// <param name="Style">Its style.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why.</param>
/// <param name="Content">What it shows.</param>
/// <param name="SameAs">Name of the kept picture that is the same, pixel by pixel; null when it was left out for another reason.</param>
internal sealed record DroppedPicture(string Style, string Name, string Reason, string Content, string? SameAs = null);
