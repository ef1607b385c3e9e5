using StyleProtect.Diffusion.Models.Blocks;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models;

/// <summary>
/// The small autoencoders of the TAESD family, with diffusers' names: about 1.2 million weights a side, without noise in the latents, in the latent space of a
/// large autoencoder. The networks compute with pictures in [0, 1]; like diffusers' class, this one takes and gives [−1, 1].
/// </summary>
internal sealed class AutoencoderTiny : Module, IAutoencoder
{
    private const double LatentBound = 3;
    private readonly EncoderTiny _encoder;
    private readonly DecoderTiny? _decoder;

    internal AutoencoderTiny(AutoencoderTinyConfig config) : base(nameof(AutoencoderTiny))
    {
        config.Validate();
        Config = config;
        register_module("encoder", _encoder = new EncoderTiny(config));
        if (config.HasDecoder) register_module("decoder", _decoder = new DecoderTiny(config));
    }

    internal AutoencoderTinyConfig Config { get; }

    IAutoencoderConfig IAutoencoder.Config => Config;

    public string ClassName => nameof(AutoencoderTiny);

    public Module Network => this;

    public int LatentChannels => Config.LatentChannels;

    public int Downsampling => Config.Downsampling();

    public double ScalingFactor => Config.ScalingFactor;

    public double? ShiftFactor => Config.ShiftFactor is 0 ? null : Config.ShiftFactor;

    public int PictureSize => Config.SampleSize;

    public bool IsDeterministic => true;

    public bool CanDecode => _decoder is not null;

    public IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> EncoderLevels => _encoder.Levels;

    public Tensor EncodeMoments(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return Encoder.Run(pictures, EncoderLevels.SelectMany(l => l)).MoveToOuterDisposeScope();
    }

    public Tensor Decode(Tensor latents)
    {
        if (_decoder is null)
            throw new InvalidOperationException(
                "This autoencoder was loaded without a decoder: latents cannot become pictures. Put the decoder's file beside.");
        using var scope = NewDisposeScope();
        return _decoder.forward(latents).MoveToOuterDisposeScope();
    }

    private sealed class EncoderTiny : Module
    {
        private readonly List<List<Func<Tensor, Tensor>>> _levels = [];

        internal EncoderTiny(AutoencoderTinyConfig config) : base(nameof(EncoderTiny))
        {
            var layers = new List<Module>();
            for (var i = 0; i < config.NumEncoderBlocks.Count; i++)
            {
                var width = config.EncoderBlockOutChannels[i];
                var into = i == 0 ? new Conv2d(config.InChannels, width, 3, padding: 1) : new Conv2d(width, width, 3, stride: 2, padding: 1, bias: false);
                AutoencoderTinyBlock[] blocks = [.. Enumerable.Range(0, config.NumEncoderBlocks[i])
                    .Select(_ => new AutoencoderTinyBlock(width, config.UseMidblockGn && i == config.NumEncoderBlocks.Count - 1))];
                layers.Add(into);
                layers.AddRange(blocks);
                _levels.Add([i == 0 ? x => FromPictures(x, into) : into.forward, .. blocks.Select(b => (Func<Tensor, Tensor>)b.forward)]);
            }

            var outOf = new Conv2d(config.EncoderBlockOutChannels[^1], config.LatentChannels, 3, padding: 1);
            layers.Add(outOf);
            _levels[^1].Add(outOf.forward);
            register_module("layers", NumberedModules.Of(layers));
        }

        internal IReadOnlyList<IReadOnlyList<Func<Tensor, Tensor>>> Levels => _levels;

        private static Tensor FromPictures(Tensor pictures, Conv2d into)
        {
            using var scope = NewDisposeScope();
            return into.forward(pictures.Add(1.0).Mul(0.5)).MoveToOuterDisposeScope();
        }
    }

    private sealed class DecoderTiny : Module<Tensor, Tensor>
    {
        private readonly List<Func<Tensor, Tensor>> _stages = [];

        internal DecoderTiny(AutoencoderTinyConfig config) : base(nameof(DecoderTiny))
        {
            // Activations and enlargements have places of their own in diffusers' list.
            var layers = new List<(string, Module)>();
            var place = 0;
            Add(new Conv2d(config.LatentChannels, config.DecoderBlockOutChannels[0], 3, padding: 1));
            Plain(x => functional.relu(x));
            for (var i = 0; i < config.NumDecoderBlocks.Count; i++)
            {
                var last = i == config.NumDecoderBlocks.Count - 1;
                var width = config.DecoderBlockOutChannels[i];
                for (var b = 0; b < config.NumDecoderBlocks[i]; b++) Add(new AutoencoderTinyBlock(width, config.UseMidblockGn && i == 0));
                if (!last) Plain(x => functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest));
                Add(new Conv2d(width, last ? config.OutChannels : width, 3, padding: 1, bias: last));
            }

            register_module("layers", new NumberedModules([.. layers]));

            void Add(Module<Tensor, Tensor> layer)
            {
                layers.Add((place++.ToString(), layer));
                _stages.Add(layer.forward);
            }

            void Plain(Func<Tensor, Tensor> stage)
            {
                place++;
                _stages.Add(stage);
            }
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var bounded = input.Div(LatentBound).tanh().Mul(LatentBound);
            return Encoder.Run(bounded, _stages).Mul(2.0).Sub(1.0).MoveToOuterDisposeScope();
        }
    }
}
