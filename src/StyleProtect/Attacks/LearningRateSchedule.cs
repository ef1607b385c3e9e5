namespace StyleProtect.Attacks;

/// <summary>How the learning rate runs over the steps of an attack, after a linear warm-up; diffusers' schedules.</summary>
public enum LearningRateSchedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls to zero in a straight line.</summary>
    Linear,

    /// <summary>It falls to zero along half a cosine.</summary>
    Cosine,
}
