namespace StyleProtect.Protection.Surrogates;

/// <summary>Runs the image steps of a job and what is trained between them: alternating training, pools of surrogates, bilevel training.</summary>
public interface IOuterLoop
{
    /// <summary>Training steps of a whole job, for the progress and the time estimate.</summary>
    /// <param name="settings">The job's settings.</param>
    int TrainingSteps(OuterLoopSettings settings);

    /// <summary>How many numbers are trained, each of which the memory plan counts with gradient, two moments and an fp32 copy.</summary>
    /// <param name="weights">The U-Net's weights.</param>
    /// <param name="adaptersOfRankOne">Weights of adapters of rank 1 on the U-Net's attention.</param>
    long TrainedParameters(long weights, long adaptersOfRankOne);

    /// <summary>Runs the job.</summary>
    /// <param name="job">Takes image steps, of which it has <see cref="OuterLoopSettings.Steps"/>, and trains surrogates.</param>
    void Run(IProtectionLoop job);
}

/// <summary>The settings of an outer loop.</summary>
/// <param name="Steps">Image steps.</param>
/// <param name="Rounds">Rounds over which they are spread.</param>
/// <param name="SurrogateSteps">Training steps at a time.</param>
/// <param name="LearningRate">AdamW's learning rate.</param>
/// <param name="Seed">The request's seed.</param>
public sealed record OuterLoopSettings(int Steps, int Rounds, int SurrogateSteps, double LearningRate, long Seed)
{
    /// <summary>Image steps of a round.</summary>
    public int StepsOfRound => Math.Max(1, (int)Math.Ceiling(Steps / (double)Rounds));
}

/// <summary>A running job, as an outer loop drives it. Everything happens on the engine thread.</summary>
public interface IProtectionLoop
{
    /// <summary>The job's settings.</summary>
    OuterLoopSettings Settings { get; }

    /// <summary>Image steps done.</summary>
    int StepsDone { get; }

    /// <summary>Looked at in every step; long work of one's own looks at it, too.</summary>
    CancellationToken CancellationToken { get; }

    /// <summary>One image step: samples views, takes the objective's gradient, updates the images.</summary>
    /// <exception cref="InvalidOperationException">All steps are done.</exception>
    void ImageStep();

    /// <summary>
    /// Makes all weights of the U-Net trainable, until the training is disposed. The image steps use what was trained. One training at a time.
    /// </summary>
    ISurrogateTraining TrainUNet();

    /// <summary>Puts low-rank adapters on the U-Net's attention and makes them trainable, until the training is disposed.</summary>
    /// <param name="rank">Rank, which is also α.</param>
    ISurrogateTraining TrainLora(int rank);
}

/// <summary>
/// Weights that are trained between image steps, on single views drawn as the image steps' are. Disposing puts the model back as it was, bit for bit.
/// </summary>
public interface ISurrogateTraining : IDisposable
{
    /// <summary>Number of trained weights.</summary>
    long ParameterCount { get; }

    /// <summary>Trains with the denoising loss, with an AdamW optimizer of its own (weight decay 1e-2, gradient norm clipped at 1).</summary>
    /// <param name="originals">On the original pictures (true) or on the images as they are now.</param>
    /// <param name="steps">Steps, each on one view.</param>
    /// <returns>The mean loss.</returns>
    /// <exception cref="ProtectionException">The training diverged.</exception>
    double Train(bool originals, int steps);

    /// <summary>Keeps the trained weights as they are now.</summary>
    ISurrogateState Save();

    /// <summary>Puts kept weights back. The state stays usable.</summary>
    /// <param name="state">A state of this training.</param>
    void Restore(ISurrogateState state);
}

/// <summary>Kept weights of a surrogate; frees them when disposed.</summary>
public interface ISurrogateState : IDisposable;
