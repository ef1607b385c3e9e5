namespace StyleProtect.Protection.Engine;

/// <summary>Counts a protection's steps, the picture's and a surrogate's, and estimates the time left: the two kinds take very different times.</summary>
/// <param name="elapsed">Time since the job began.</param>
/// <param name="steps">The picture's steps.</param>
/// <param name="training">The surrogate's.</param>
/// <param name="passes">Passes through the U-Net of a picture's step, where a training step has one: what is reckoned with until the first was timed.</param>
internal sealed class StepPace(Func<TimeSpan> elapsed, int steps, int training, int passes)
{
    private int _climbed, _trained;
    private TimeSpan _last, _climbing;

    /// <summary>Time that the surrogate's training took so far.</summary>
    internal TimeSpan Training { get; private set; }

    /// <summary>After a picture's step.</summary>
    internal ProtectionProgress Climbed(double loss)
    {
        _climbed++;
        _climbing += Lap();
        return Report(loss);
    }

    /// <summary>After a training step.</summary>
    internal ProtectionProgress Trained(double loss)
    {
        _trained++;
        Training += Lap();
        return Report(loss);
    }

    private TimeSpan Lap()
    {
        var now = elapsed();
        var lap = now - _last;
        _last = now;
        return lap;
    }

    private ProtectionProgress Report(double loss)
    {
        var ofTraining = _trained > 0 ? Training / _trained : TimeSpan.Zero;
        var ofPicture = _climbed > 0 ? _climbing / _climbed : ofTraining * passes;
        return new ProtectionProgress(_climbed + _trained, steps + training, loss, _last, (ofPicture * (steps - _climbed)) + (ofTraining * (training - _trained)));
    }
}
