using StyleProtect.Cli.Protecting;

namespace StyleProtect.Cli.Reporting;

/// <summary>A picture's figures. With a lossy format they hold for the samples before the format's own loss.</summary>
internal sealed record FiguresSection(double Psnr, double Ssim, double LInfinity, bool BeforeLossyFormat)
{
    internal static FiguresSection Of(PictureFigures figures, bool lossy) => new(figures.Psnr, figures.Ssim, figures.LInfinity, lossy);
}
