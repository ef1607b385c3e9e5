namespace StyleProtect.Tests.Layers;

/// <summary>What is planted into the tiny model.</summary>
internal enum Plant
{
    /// <summary>Nothing: random weights.</summary>
    None,

    /// <summary>Random weights, and a text encoder that gives every token a random vector of its own.</summary>
    RandomWords,

    /// <summary>One layer alone sees the style words, attends to them, and is heard.</summary>
    Style,

    /// <summary>As <see cref="Style"/>; what the other layers say does not reach the prediction at all.</summary>
    StyleAlone,
}
