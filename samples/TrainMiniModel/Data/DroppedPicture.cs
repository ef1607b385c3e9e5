namespace TrainMiniModel.Data;

/// <summary>A picture that was drawn and left out.</summary>
/// <param name="Style">Its style.</param>
/// <param name="Name">Its name in the source.</param>
/// <param name="Reason">Why.</param>
internal sealed record DroppedPicture(string Style, string Name, string Reason);
