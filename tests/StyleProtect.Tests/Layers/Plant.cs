namespace StyleProtect.Tests.Layers;

/// <summary>What is planted into the tiny model.</summary>
internal enum Plant
{
    /// <summary>Nothing: random weights.</summary>
    None,

    /// <summary>One layer alone sees the style words, attends to them, and is heard.</summary>
    Style,

    /// <summary>As <see cref="Style"/>; what the other layers say does not reach the prediction at all.</summary>
    StyleAlone,
}
