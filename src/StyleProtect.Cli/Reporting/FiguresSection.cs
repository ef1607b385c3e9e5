using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>A picture's figures. They belong to the computed samples; unless <paramref name="PixelExact"/>, the file's own samples differ a little.</summary>
internal sealed record FiguresSection(double Psnr, double Ssim, double LInfinity, double LatentShift, long FileBytes, bool PixelExact)
{
    internal static FiguresSection Of(PictureFigures figures) => new(figures.Psnr, figures.Ssim, figures.LInfinity, figures.LatentShift, figures.FileBytes, figures.IsPixelExact);
}
