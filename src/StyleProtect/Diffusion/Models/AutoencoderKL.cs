using StyleProtect.Diffusion.Models.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>The variational autoencoder of latent diffusion models, with diffusers' names.</summary>
internal sealed class AutoencoderKL : Module, IAutoencoder
{
    private readonly Encoder _encoder;
    private readonly Decoder _decoder;
    private readonly Conv2d? _quantConv;
    private readonly Conv2d? _postQuantConv;

    internal AutoencoderKL(AutoencoderKLConfig config) : base(nameof(AutoencoderKL))
    {
        config.Validate();
        Config = config;
        register_module("encoder", _encoder = new Encoder(config));
        register_module("decoder", _decoder = new Decoder(config));
        if (config.UseQuantConv) register_module("quant_conv", _quantConv = new Conv2d(2 * config.LatentChannels, 2 * config.LatentChannels, 1));
        if (config.UsePostQuantConv) register_module("post_quant_conv", _postQuantConv = new Conv2d(config.LatentChannels, config.LatentChannels, 1));
    }

    internal AutoencoderKLConfig Config { get; }

    public string ClassName => nameof(AutoencoderKL);

    IAutoencoderConfig IAutoencoder.Config => Config;

    public Module Network => this;

    public int LatentChannels => Config.LatentChannels;

    public int Downsampling => Config.Downsampling();

    public double ScalingFactor => Config.ScalingFactor;

    public double? ShiftFactor => Config.ShiftFactor;

    public int PictureSize => Config.SampleSize;

    public bool IsDeterministic => false;

    public bool CanDecode => true;

    /// <summary>Encodes pictures [N, 3, H, W] in [−1, 1] to the distribution of their latents.</summary>
    internal DiagonalGaussian Encode(Tensor pictures) => new(EncodeMoments(pictures));

    public Tensor EncodeMoments(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Encoder.Run(pictures, EncoderLevels.SelectMany(l => l)).MoveToOuterDisposeScope();
    }

    public IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> EncoderLevels
    {
        get
        {
            var levels = _encoder.Levels;
            return _quantConv is null ? levels : [.. levels.SkipLast(1), [.. levels[^1], _quantConv.forward]];
        }
    }

    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var z = _postQuantConv is null ? latents : _postQuantConv.forward(latents);
        return _decoder.forward(z).MoveToOuterDisposeScope();
    }
}
