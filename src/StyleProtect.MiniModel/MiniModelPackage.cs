namespace StyleProtect.MiniModel;

/// <summary>Where the embedded default model lies.</summary>
public static class MiniModelPackage
{
    /// <summary>The model's folder in diffusers layout (<c>model_index.json</c> and one folder a part), beside the application's files.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "models", "mini");
}
