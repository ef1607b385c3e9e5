namespace StyleProtect.Protection.Surrogates;

/// <summary>
/// Model and images take turns (Anti-DreamBooth's FSMG and ASPL, Mist v2). A round is: training on the originals, the round's image steps, training on what the
/// images then are.
/// </summary>
internal sealed record AlternatingLoop : IOuterLoop
{
    /// <summary>Adapters of this rank on the U-Net's attention; null trains all of the U-Net's weights.</summary>
    internal int? LoraRank { get; init; }

    /// <summary>Whether a round begins with training on the originals.</summary>
    internal bool TrainsOnOriginals { get; init; }

    /// <summary>
    /// Whether a round ends with training on the changed images. What was learned from the originals is then taken back first: it only served the round's image
    /// steps.
    /// </summary>
    internal bool TrainsOnChanged { get; init; }

    public int TrainingSteps(OuterLoopSettings settings)
    {
        var rounds = (settings.Steps + settings.StepsOfRound - 1) / settings.StepsOfRound;
        // The last round's changed images are the result: nothing is trained on them any more.
        return settings.SurrogateSteps * ((TrainsOnOriginals ? rounds : 0) + (TrainsOnChanged ? rounds - 1 : 0));
    }

    // The original and the remembered weights and the working gradient are as many bytes again as half of the masters with gradient and moments.
    public long TrainedParameters(long weights, long adaptersOfRankOne) => LoraRank is { } rank ? rank * adaptersOfRankOne : weights * 3 / 2;

    public void Run(IProtectionLoop job)
    {
        using var training = LoraRank is { } rank ? job.TrainLora(rank) : job.TrainUNet();
        ISurrogateState? before = null;
        try
        {
            for (var step = 0; step < job.Settings.Steps; step++)
            {
                if (step % job.Settings.StepsOfRound == 0)
                {
                    if (step > 0 && TrainsOnChanged)
                    {
                        if (before is not null) training.Restore(before);
                        training.Train(originals: false, job.Settings.SurrogateSteps);
                    }

                    if (TrainsOnOriginals)
                    {
                        if (TrainsOnChanged)
                        {
                            before?.Dispose();
                            before = training.Save();
                        }

                        training.Train(originals: true, job.Settings.SurrogateSteps);
                    }
                }

                job.ImageStep();
            }
        }
        finally
        {
            before?.Dispose();
        }
    }
}
