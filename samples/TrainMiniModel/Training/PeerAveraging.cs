using System.Diagnostics;
using System.Globalization;
using StyleProtect.Diffusion.Checkpoints;

namespace TrainMiniModel.Training;

/// <summary>
/// Two processes train one model, each on its own stream of pictures, and go on from the mean of their weights and moments every so many steps (local SGD, Stich 2019). Two processes of one thread
/// each do nearly twice what one of two threads does.
/// </summary>
/// <param name="own">Folder of this training.</param>
/// <param name="peer">Folder of the other one.</param>
internal sealed class PeerAveraging(string own, string peer)
{
    internal const int Every = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(30), s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Which of the two streams of pictures this training takes, 0 or 1: the folders' order decides.</summary>
    internal int Stream => string.CompareOrdinal(own, peer) < 0 ? 0 : 1;

    /// <summary>Both must begin with the same checkpoint.</summary>
    /// <exception cref="InvalidOperationException">They do not.</exception>
    internal void CheckStart(string checkpoint, long step)
    {
        if (string.Equals(own, peer, StringComparison.Ordinal)) throw new InvalidOperationException($"--peer is the training's own folder '{own}'; name the other one's.");
        var path = Path.Combine(peer, checkpoint);
        long? other = null;
        if (File.Exists(path))
        {
            using var file = SafetensorsFile.Open(path);
            other = long.Parse(file.Metadata["step"], CultureInfo.InvariantCulture);
        }

        if (other != step)
            throw new InvalidOperationException($"This training is at step {step}, and '{path}' {(other is null ? "does not exist" : $"is at step {other}")}: copy one's checkpoint, autoencoder and latents to the other.");
    }

    /// <summary>Waits for the other training's weights of the same step and goes on from the mean.</summary>
    /// <exception cref="TimeoutException">The other training wrote nothing for half an hour.</exception>
    internal void Exchange(TrainedModule trained)
    {
        trained.Save(Exchanged(own, trained.Step));
        var theirs = Exchanged(peer, trained.Step);
        var waited = Stopwatch.StartNew();
        while (!File.Exists(theirs))
        {
            if (waited.Elapsed > s_patience) throw new TimeoutException($"'{theirs}' did not appear: start the other training again, then this one.");
            Thread.Sleep(s_pause);
        }

        trained.Average(theirs);
        // The other one is at this step, so it has read what was written for the step before.
        File.Delete(Exchanged(own, trained.Step - Every));
    }

    private static string Exchanged(string folder, long step) => Path.Combine(folder, $"exchange-{step}.safetensors");
}
