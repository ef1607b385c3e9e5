namespace StyleProtect.Protection.Surrogates;

/// <summary>How a stand-in that is trained by itself takes turns with the picture. A round is: training on the originals, the round's picture steps, training on what the pictures then are.</summary>
internal sealed record SurrogatePlan
{
    /// <summary>Adapters of a low rank on the U-Net's attention; null trains all of the U-Net's weights.</summary>
    internal int? LoraRank { get; init; }

    /// <summary>Rounds; the picture's steps are spread over them.</summary>
    internal required int Rounds { get; init; }

    /// <summary>Rounds of the official script.</summary>
    internal required int ReferenceRounds { get; init; }

    /// <summary>Training steps by default.</summary>
    internal required int Steps { get; init; }

    /// <summary>Training steps of the official script.</summary>
    internal required int ReferenceSteps { get; init; }

    /// <summary>Learning rate by default and in the official script.</summary>
    internal required (double Usual, double Reference) LearningRate { get; init; }

    /// <summary>Whether a round begins with training on the originals.</summary>
    internal bool TrainsOnOriginals { get; init; }

    /// <summary>Training steps of a whole protection.</summary>
    /// <param name="steps">The picture's steps.</param>
    /// <param name="settings">Picture steps of a round, and training steps at a time.</param>
    internal int TrainingSteps(int steps, RoundSettings settings)
    {
        var rounds = (steps + settings.StepsOfRound - 1) / settings.StepsOfRound;
        // The last round's changed pictures are the result: nothing is trained on them any more.
        return settings.TrainingSteps * ((TrainsOnOriginals ? rounds : 0) + (TrainsOnChanged ? rounds - 1 : 0));
    }

    /// <summary>Whether a round ends with training on the changed pictures. What was learned from the originals is then taken back first: it only served the round's picture steps.</summary>
    internal bool TrainsOnChanged { get; init; }
}
