using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Runtime.Views;

/// <summary>A part of a picture, resampled to the size of a view: a linear map of the picture, and its adjoint for gradients.</summary>
internal sealed class Crop : IDisposable
{
    private readonly Tensor _rows;
    private readonly Tensor _columns;
    private readonly PixelRectangle _part;

    /// <param name="part">The part; its resampling does not look beyond it.</param>
    /// <param name="height">Height of the view.</param>
    /// <param name="width">Width of the view.</param>
    internal Crop(PixelRectangle part, int height, int width, ResamplingFilter filter, Device device)
    {
        _part = part;
        _rows = tensor(Resampling.Matrix(part.Height, height, 0, part.Height, filter), [height, part.Height], device: device).DetachFromDisposeScope();
        _columns = tensor(Resampling.Matrix(part.Width, width, 0, part.Width, filter), [width, part.Width], device: device).DetachFromDisposeScope();
    }

    /// <summary>The view of a picture [3, H, W]: [3, height, width].</summary>
    internal Tensor Apply(Tensor picture)
    {
        using var scope = NewDisposeScope();
        return matmul(matmul(_rows, Cut(picture)), _columns.t()).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the adjoint of a view's gradient [3, height, width] to the gradient of its picture [3, H, W].</summary>
    internal void AddAdjoint(Tensor viewGradient, Tensor pictureGradient)
    {
        using var scope = NewDisposeScope();
        Cut(pictureGradient).Add_(matmul(matmul(_rows.t(), viewGradient), _columns));
    }

    public void Dispose()
    {
        _rows.Dispose();
        _columns.Dispose();
    }

    private Tensor Cut(Tensor picture) => picture.narrow(1, _part.Y, _part.Height).narrow(2, _part.X, _part.Width);
}

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Width, above 0.</param>
/// <param name="Height">Height, above 0.</param>
public readonly record struct PixelRectangle(int X, int Y, int Width, int Height);
