namespace StyleProtect.Hub;

/// <summary>What the files of a model are enough for.</summary>
public enum ModelAbility
{
    /// <summary>Every method: there is an autoencoder, a U-Net and a text encoder.</summary>
    EveryMethod,

    /// <summary>The methods that need only an autoencoder.</summary>
    AutoencoderMethods,

    /// <summary>A part that works only beside others, for example a tokenizer.</summary>
    Part,

    /// <summary>Nothing in this library.</summary>
    None,
}
