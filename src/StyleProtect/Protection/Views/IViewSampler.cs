namespace StyleProtect.Protection.Views;

/// <summary>Chooses what the model sees of a picture in a step.</summary>
internal interface IViewSampler
{
    /// <summary>Parts of a picture, each of which becomes one view of <see cref="Height"/> × <see cref="Width"/>; every picture gets the same number.</summary>
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="random">The step's draws.</param>
    IReadOnlyList<PixelRectangle> Sample(int width, int height, Random random);

    /// <summary>Height of every view.</summary>
    int Height { get; }

    /// <summary>Width of every view.</summary>
    int Width { get; }
}
