using TorchSharp;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>
/// An endless, shuffled stream of training batches. Batch number n is the same whenever it is asked for, so resumed training goes on where it was.
/// </summary>
/// <remarks>Every picture of the pool comes once before any comes again. Not safe for several threads at once: make one sampler per thread.</remarks>
internal sealed class BatchSampler
{
    private readonly DataSet _set;
    private readonly int[] _pool;
    private readonly SampleOptions _options;
    private readonly PictureView _view;
    private readonly int[] _order;
    private long _orderedEpoch = -1;

    /// <summary>A stream over some pictures of a data set.</summary>
    /// <param name="set">The data set; must outlive the sampler.</param>
    /// <param name="pool">Indices of pictures, see <see cref="DataSet.Pool"/>.</param>
    /// <param name="options">How the pictures are drawn.</param>
    internal BatchSampler(DataSet set, IReadOnlyList<int> pool, SampleOptions options)
    {
        if (pool.Count == 0) throw new ArgumentException("The pool has no picture.", nameof(pool));
        options.Validate(set.Size);
        _set = set;
        _pool = [.. pool];
        _options = options;
        _view = new PictureView(set.Size, options.Size);
        _order = new int[pool.Count];
    }

    /// <summary>Number of pictures in the pool.</summary>
    internal int PoolSize => _pool.Length;

    /// <summary>Batch number <paramref name="step"/>.</summary>
    /// <param name="step">Number of the batch from 0 on.</param>
    /// <param name="batch">Pictures per batch; keep it the same through a training, it is part of the stream.</param>
    internal DataBatch Sample(long step, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        var images = torch.empty([batch, 3, _options.Size, _options.Size]);
        var pictures = new int[batch];
        var captions = new string[batch];
        for (var i = 0; i < batch; i++)
        {
            var position = step * batch + i;
            var random = new StableRandom(_options.Seed, position);
            pictures[i] = PictureAt(position);
            _view.Render(_set.Pixels(pictures[i]), ViewTransform.Draw(_options, _set.Size, ref random), DataSet.Planes(images, i));
            var picture = _set.Manifest.Pictures[pictures[i]];
            captions[i] = random.NextDouble() < _options.EmptyCaptionProbability
                ? ""
                : Captions.Compose(picture.Words, _set.StyleWord(picture.Style), ref random);
        }

        return _set.Describe(images, pictures, captions);
    }

    private int PictureAt(long position)
    {
        var (epoch, index) = Math.DivRem(position, _pool.Length);
        if (epoch != _orderedEpoch)
        {
            _pool.CopyTo(_order, 0);
            var random = new StableRandom(~_options.Seed, epoch);
            for (var i = _order.Length - 1; i > 0; i--)
            {
                var other = random.Next(i + 1);
                (_order[i], _order[other]) = (_order[other], _order[i]);
            }

            _orderedEpoch = epoch;
        }

        return _order[(int)index];
    }
}
