using CsCheck;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Checkpoints.SingleFile;
using StyleProtect.Diffusion.Models;
using StyleProtect.Diffusion.Models.Layers;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints.SingleFile;

/// <summary>Headers with keys that are missing, added, renamed, of other shapes or types: a file is read, or refused with a message that names it.</summary>
public sealed class DamagedFileTests
{
    private static readonly UNet2DConditionConfig s_unet = new()
    {
        BlockOutChannels = [32, 64],
        DownBlockTypes = ["CrossAttnDownBlock2D", "DownBlock2D"],
        UpBlockTypes = ["UpBlock2D", "CrossAttnUpBlock2D"],
        LayersPerBlock = 1,
        CrossAttentionDim = 64,
    };

    private static readonly AutoencoderKLConfig s_vae = new()
    {
        BlockOutChannels = [32, 64],
        DownBlockTypes = ["DownEncoderBlock2D", "DownEncoderBlock2D"],
        UpBlockTypes = ["UpDecoderBlock2D", "UpDecoderBlock2D"],
        LayersPerBlock = 1,
    };

    private static readonly ClipTextConfig s_text = new()
    {
        VocabSize = 100,
        HiddenSize = 64,
        IntermediateSize = 128,
        NumHiddenLayers = 2,
        NumAttentionHeads = 1,
    };

    private static readonly long[] s_sizes = [0, 1, 3, 7, 64, 1 << 21];

    private static readonly Lazy<(string Key, long[] Shape)[][]> s_seeds = new(() => [Checkpoint(), Tiny()]);

    [Fact]
    public void A_damaged_header_is_read_or_refused_and_never_breaks()
    {
        using var folder = new TemporaryFolder();
        var (read, refused, round) = (0, 0, 0);
        // What happens, to which tensor (as a part of all), and with which numbers.
        var damage = Gen.Select(Gen.Int[0, 5], Gen.Double[0, 1], Gen.Int[0, 5], Gen.Int[0, 5].Select(i => s_sizes[i]));
        Gen.Select(Gen.Int[0, 1], damage.Array[1, 4]).Sample(
            (seed, steps) =>
            {
                var tensors = s_seeds.Value[seed].ToList();
                foreach (var (kind, place, dimension, size) in steps)
                    Damage(tensors, kind, Math.Min((int)(place * tensors.Count), tensors.Count - 1), dimension, size);
                var header = new HeaderFile();
                foreach (var (key, shape) in tensors) header.Add(key, shape);
                var path = header.Write(folder, $"{++round}.safetensors");
                try
                {
                    var file = SingleFileCheckpoint.Read(path);
                    Verify(file);
                    read++;
                }
                catch (Exception e) when (e is CheckpointException or SafetensorsException)
                {
                    Assert.Contains(path, e.Message, StringComparison.Ordinal);
                    refused++;
                }
                finally
                {
                    File.Delete(path);
                }
            },
            iter: 80, seed: "0000KXr3w1N4", threads: 1);
        Assert.True(read > 0 && refused > 30, $"{read} read, {refused} refused");
    }

    private static void Damage(List<(string Key, long[] Shape)> tensors, int kind, int at, int dimension, long size)
    {
        var (key, shape) = tensors[at];
        switch (kind)
        {
            case 0:
                tensors.RemoveAt(at);
                break;
            case 1 when shape.Length > 0:
                long[] other = [.. shape];
                other[dimension % shape.Length] = size;
                if (other.Aggregate(1.0, (a, b) => a * b) < 1e9) tensors[at] = (key, other);
                break;
            case 2:
                tensors[at] = (key, shape.Length > 1 ? shape[..^1] : [.. shape, 1]);
                break;
            case 3 when !tensors.Any(t => t.Key == key + ".1"):
                tensors.Add((key + ".1", shape));
                break;
            case 4 when !tensors.Any(t => t.Key == "x." + key):
                tensors[at] = ("x." + key, shape);
                break;
            case 5:
                var number = key.Replace(".0.", $".{size}.", StringComparison.Ordinal);
                if (!tensors.Any(t => t.Key == number)) tensors[at] = (number, shape);
                break;
        }
    }

    private static void Verify(SingleFileCheckpoint file)
    {
        using var meta = WeightFactory.Use(ScalarType.Float32, new Device("meta"));
        foreach (var part in file.Parts)
        {
            using nn.Module module = part switch
            {
                "unet" => new UNet2DConditionModel(file.ConfigOf<UNet2DConditionConfig>(part)),
                "vae" when file.ClassNameOf(part) == nameof(AutoencoderTiny) =>
                    new AutoencoderTiny(file.ConfigOf<AutoencoderTinyConfig>(part) with { HasDecoder = file.HasDecoder }),
                "vae" => new AutoencoderKL(file.ConfigOf<AutoencoderKLConfig>(part)),
                _ => new ClipTextModel(file.ConfigOf<ClipTextConfig>(part)),
            };
            using var source = file.WeightsOf(part);
            StateDictionaryLoader.Verify(module, source);
        }
    }

    private static (string Key, long[] Shape)[] Checkpoint() =>
    [
        .. PublishedModels.Shapes(() => new UNet2DConditionModel(s_unet))
            .Select(s => ("model.diffusion_model." + OriginalLayout.UNet(s.Name, s_unet), s.Shape)),
        .. PublishedModels.Shapes(() => new AutoencoderKL(s_vae)).Select(s => ("first_stage_model." + OriginalLayout.Autoencoder(s.Name, 2), s.Shape)),
        .. PublishedModels.Shapes(() => new ClipTextModel(s_text)).Select(s => ("cond_stage_model.transformer." + s.Name, s.Shape)),
    ];

    private static (string Key, long[] Shape)[] Tiny() =>
        [.. PublishedModels.Shapes(() => new AutoencoderTiny(new AutoencoderTinyConfig
        {
            EncoderBlockOutChannels = [8, 8], DecoderBlockOutChannels = [8, 8], NumEncoderBlocks = [1, 2], NumDecoderBlocks = [2, 1],
        })).Select(s => (s.Name, s.Shape))];
}
