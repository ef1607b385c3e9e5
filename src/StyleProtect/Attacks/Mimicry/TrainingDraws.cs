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
        Tensor noise = randn(latent, generator: _generator), posterior = randn(latent, generator: _generator);
        return new Step(drawn, ofClass, noise, posterior, randint(0, timesteps, [latent[0]], int64, generator: _generator));
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
    internal readonly record struct Picture(int Index, double Position, bool Flip);

    /// <summary>What one step draws: pictures, class pictures, noise, the autoencoder's noise, timesteps.</summary>
    internal sealed record Step(IReadOnlyList<Picture> Pictures, IReadOnlyList<int> ClassPictures, Tensor Noise, Tensor PosteriorNoise, Tensor Timesteps)
    {
        /// <summary>
        /// Parts of at most so many pictures that each have only instance or only class pictures; the tensors have the instance pictures first.
        /// </summary>
        internal IEnumerable<Step> Parts(int size)
        {
            for (var first = 0; first < Pictures.Count; first += size)
                yield return Narrowed([.. Pictures.Skip(first).Take(size)], [], first);
            for (var first = 0; first < ClassPictures.Count; first += size)
                yield return Narrowed([], [.. ClassPictures.Skip(first).Take(size)], Pictures.Count + first);
        }

        private Step Narrowed(Picture[] pictures, int[] classPictures, long first)
        {
            var count = pictures.Length + classPictures.Length;
            return new Step(pictures, classPictures, Noise.narrow(0, first, count), PosteriorNoise.narrow(0, first, count), Timesteps.narrow(0, first, count));
        }
    }
}
