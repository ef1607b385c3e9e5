using static TorchSharp.torch;

namespace StyleProtect.Attacks.Mimicry;

/// <summary>The random numbers of a training, step by step and always in the same order: an attack that goes on from step k skips k of them.</summary>
/// <param name="options">Seed, batch, crops, flips.</param>
/// <param name="pictures">How many pictures there are.</param>
/// <param name="classPictures">How many class pictures there are; 0 for none.</param>
/// <param name="latent">Shape of all latents of a step.</param>
/// <param name="timesteps">Timesteps of the noise schedule.</param>
internal sealed class TrainingDraws(AttackOptions options, int pictures, int classPictures, long[] latent, int timesteps) : IDisposable
{
    private readonly Generator _generator = new((ulong)options.Seed);
    private readonly Random _random = new((int)(options.Seed & int.MaxValue));

    /// <summary>The next step's; its tensors are on the processor and belong to the caller's dispose scope.</summary>
    internal Step Next()
    {
        Picture[] drawn = [.. Enumerable.Range(0, options.Batch).Select(_ => new Picture(
            _random.Next(pictures), options.RandomCrop ? _random.NextDouble() : 0.5, options.Flip && _random.Next(2) == 0))];
        int[] ofClass = classPictures == 0 ? [] : [.. Enumerable.Range(0, options.Batch).Select(_ => _random.Next(classPictures))];
        return new Step(drawn, ofClass, randn(latent, generator: _generator), randn(latent, generator: _generator), randint(0, timesteps, [latent[0]], int64, generator: _generator));
    }

    internal void Skip(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            using var scope = NewDisposeScope();
            Next();
        }
    }

    public void Dispose() => _generator.Dispose();

    /// <summary>A picture, where its square lies along the longer side (0 to 1), and whether it is mirrored.</summary>
    internal readonly record struct Picture(int Index, double Place, bool Flip);

    /// <summary>What one step draws: pictures, class pictures, noise, the autoencoder's noise, timesteps.</summary>
    internal sealed record Step(IReadOnlyList<Picture> Pictures, IReadOnlyList<int> ClassPictures, Tensor Noise, Tensor PosteriorNoise, Tensor Timesteps);
}
