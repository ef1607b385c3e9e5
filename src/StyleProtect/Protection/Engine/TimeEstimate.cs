namespace StyleProtect.Protection.Engine;

/// <summary>Counts a protection's steps, the image's and a surrogate's, and estimates the time left: the two kinds take very different times.</summary>
/// <param name="elapsed">Time since the job began.</param>
/// <param name="steps">Image steps.</param>
/// <param name="training">The surrogate's training steps.</param>
/// <param name="passes">Passes through the U-Net of an image step, where a training step has one: what is assumed until the first was timed.</param>
internal sealed class TimeEstimate(Func<TimeSpan> elapsed, int steps, int training, int passes)
{
    private int _stepped, _trained;
    private TimeSpan _last, _stepping;

    /// <summary>Time that the surrogate's training took so far.</summary>
    internal TimeSpan Training { get; private set; }

    /// <summary>After an image step.</summary>
    internal ProtectionProgress Stepped(double loss)
    {
        _stepped++;
        _stepping += Lap();
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
        var ofImage = _stepped > 0 ? _stepping / _stepped : ofTraining * passes;
        var left = (ofImage * (steps - _stepped)) + (ofTraining * Math.Max(0, training - _trained));
        return new ProtectionProgress(_stepped + _trained, Math.Max(steps + training, _stepped + _trained), loss, _last, left);
    }
}
