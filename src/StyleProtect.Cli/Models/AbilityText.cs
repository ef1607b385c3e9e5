using StyleProtect.Hub;

namespace StyleProtect.Cli.Models;

/// <summary>What a model is enough for, in words.</summary>
internal static class AbilityText
{
    internal static string Of(ModelAbility ability) => ability switch
    {
        ModelAbility.EveryMethod => "every method",
        ModelAbility.AutoencoderMethods => "methods that need only an autoencoder",
        ModelAbility.Part => "a part beside others",
        _ => "not used here",
    };
}
