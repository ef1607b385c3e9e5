namespace StyleProtect.Perception;

/// <summary>Which of an encoder's outputs is taken.</summary>
public enum EncoderHead
{
    /// <summary>The encoder's own: the style head of a CSD model, the projection of a CLIP model, the output of this project's encoders.</summary>
    Usual,

    /// <summary>The style head (<c>last_layer_style</c>) of a CSD model.</summary>
    Style,

    /// <summary>The content head (<c>last_layer_content</c>) of a CSD model.</summary>
    Content,
}
