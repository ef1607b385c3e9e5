using System.Diagnostics;

namespace StyleProtect.MiniModel.Training;

/// <summary>
/// Two processes train one model, each on its own stream of pictures and noise, and go on from the mean of their weights and moments every so many steps (local
/// SGD, Stich 2019). Two processes of one thread each do nearly twice what one of two threads does.
/// </summary>
internal sealed class PeerAveraging
{
    internal const int Every = 100;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private readonly string _own;
    private readonly string _peer;
    private readonly TimeSpan _patience;

    /// <param name="own">Folder of this training.</param>
    /// <param name="peer">Folder of the other one.</param>
    /// <param name="patience">How long to wait for the other one; null for half an hour.</param>
    /// <exception cref="ArgumentException">It is one folder.</exception>
    internal PeerAveraging(string own, string peer, TimeSpan? patience = null)
    {
        (_own, _peer, _patience) = (Full(own), Full(peer), patience ?? TimeSpan.FromMinutes(30));
        if (_own == _peer) throw new ArgumentException($"--peer is the training's own folder '{_own}'; name the other one's.", nameof(peer));
    }

    /// <summary>Which of the two streams this training takes, 0 or 1: the folders' order decides.</summary>
    internal int Stream => string.CompareOrdinal(_own, _peer) < 0 ? 0 : 1;

    /// <summary>Lets go of what an earlier start left and waits until the other training stands at the same weights.</summary>
    /// <exception cref="InvalidOperationException">The two autoencoders, or the weights to begin with, are not the same.</exception>
    /// <exception cref="TimeoutException">The other training did not start.</exception>
    internal void Begin(TrainedModule trained)
    {
        string autoencoder = Path.Combine(_own, AutoencoderTraining.CheckpointName), other = Path.Combine(_peer, AutoencoderTraining.CheckpointName);
        if (!File.Exists(other) || UNetTraining.Hash(autoencoder) != UNetTraining.Hash(other))
            throw new InvalidOperationException($"'{other}' is not '{autoencoder}': copy one's folder to the other.");
        foreach (var old in Directory.GetFiles(_own, "exchange-*.safetensors")) File.Delete(old);
        var (mine, theirs) = (Exchanged(_own, trained.Step), Exchanged(_peer, trained.Step));
        trained.Save(mine);
        var (written, hash) = (File.GetLastWriteTimeUtc(mine), UNetTraining.Hash(mine));
        // A file of the other one that is older may be left over from its last start; it is replaced when that training starts.
        Await(() => File.Exists(theirs) && (UNetTraining.Hash(theirs) == hash || (File.GetLastWriteTimeUtc(theirs) > written
            ? throw new InvalidOperationException(
                $"'{_peer}' is at step {trained.Step} like this training, with other weights: copy one's folder to the other.") : false)), theirs);
    }

    /// <summary>Waits for the other training's weights of the same step and goes on from the mean.</summary>
    /// <exception cref="TimeoutException">The other training wrote nothing.</exception>
    internal void Exchange(TrainedModule trained)
    {
        trained.Save(Exchanged(_own, trained.Step));
        var theirs = Exchanged(_peer, trained.Step);
        Await(() => File.Exists(theirs), theirs);
        trained.Average(theirs);
        // The other one is at this step, so it has read what was written for the one before.
        foreach (var old in Directory.GetFiles(_own, "exchange-*.safetensors"))
            if (old != Exchanged(_own, trained.Step)) File.Delete(old);
    }

    private void Await(Func<bool> there, string file)
    {
        var waited = Stopwatch.StartNew();
        while (!there())
        {
            if (waited.Elapsed > _patience)
                throw new TimeoutException(
                    $"'{file}' did not appear, or is of other weights: start both trainings, with the same settings, from the same checkpoint.");
            Thread.Sleep(s_pause);
        }
    }

    private static string Full(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private static string Exchanged(string folder, long step) => Path.Combine(folder, $"exchange-{step}.safetensors");
}
