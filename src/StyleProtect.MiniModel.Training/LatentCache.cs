using System.Globalization;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion;
using StyleProtect.Diffusion.Models;
using StyleProtect.MiniModel.Training.Data;
using static TorchSharp.torch;

namespace StyleProtect.MiniModel.Training;

/// <summary>The training pictures as the autoencoder's moments, several augmented views of each, and the latents' mean and deviation by channel.</summary>
internal sealed class LatentCache : IDisposable
{
    private const int Batch = 32;

    private LatentCache(Tensor moments, Tensor pictures, Tensor mean, Tensor deviation)
    {
        Moments = moments;
        Pictures = pictures.data<long>().ToArray();
        Mean = mean;
        Deviation = deviation;
    }

    /// <summary>bf16 [N, 2C, h, w]</summary>
    internal Tensor Moments { get; }

    /// <summary>Picture of each entry.</summary>
    internal IReadOnlyList<long> Pictures { get; }

    /// <summary>[1, C, 1, 1]</summary>
    internal Tensor Mean { get; }

    /// <summary>[1, C, 1, 1]</summary>
    internal Tensor Deviation { get; }

    /// <summary>Opens the cache, or encodes the pictures first.</summary>
    /// <param name="path">The cache's file.</param>
    /// <param name="set">The data set.</param>
    /// <param name="autoencoder">What encodes them.</param>
    /// <param name="autoencoderHash">Identity of its weights.</param>
    /// <param name="views">Augmented views of each picture; null for those that are there.</param>
    internal static LatentCache OpenOrBuild(string path, DataSet set, AutoencoderKL autoencoder, string autoencoderHash, int? views)
    {
        if (File.Exists(path))
        {
            using var file = SafetensorsFile.Open(path);
            if (file.Metadata.GetValueOrDefault("autoencoder") == autoencoderHash && file.Metadata.GetValueOrDefault("pictures") == Identity(set)
                && (views is null || file.Metadata.GetValueOrDefault("views") == Text(views.Value)))
                return new LatentCache(file.Read("moments"), file.Read("pictures"), file.Read("mean"), file.Read("deviation"));
        }

        Build(path, set, autoencoder, autoencoderHash, views ?? 1);
        return OpenOrBuild(path, set, autoencoder, autoencoderHash, views);
    }

    public void Dispose()
    {
        Moments.Dispose();
        Mean.Dispose();
        Deviation.Dispose();
    }

    /// <summary>Which pictures have which numbers, and which of them are for training.</summary>
    private static string Identity(DataSet set) => $"{set.Digest}-{StableHash.Of(1, [.. set.Pool(PictureSplit.Train).Select(Text)]):x16}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Build(string path, DataSet set, AutoencoderKL autoencoder, string autoencoderHash, int views)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var type = autoencoder.parameters().First().dtype;
        var sampler = new BatchSampler(set, set.Pool(PictureSplit.Train), SampleOptions.ForDiffusion(ModelShapes.PictureSize));
        var count = sampler.PoolSize * views / Batch;
        Console.WriteLine($"encoding {count * Batch} views of {sampler.PoolSize} pictures");
        var moments = new List<Tensor>();
        var pictures = new List<long>();
        for (var i = 0; i < count; i++)
        {
            using var inner = NewDisposeScope();
            using var batch = sampler.Sample(i, Batch);
            moments.Add(autoencoder.Encode(TensorLayout.ChannelsLast(batch.Images.to(type))).Moments.to(bfloat16).contiguous().MoveToOuterDisposeScope());
            pictures.AddRange(batch.Pictures.Select(p => (long)p));
            if (i % 100 == 99) Console.WriteLine($"  {(i + 1) * Batch} views");
        }

        var all = cat(moments);
        var means = all.narrow(1, 0, all.shape[1] / 2).to(float32);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["moments"] = all,
            ["pictures"] = tensor(pictures.ToArray()),
            ["mean"] = means.mean([0L, 2, 3], keepdim: true),
            ["deviation"] = means.transpose(0, 1).flatten(1).std(1).view(1, -1, 1, 1),
        }, new Dictionary<string, string>(StringComparer.Ordinal) { ["autoencoder"] = autoencoderHash, ["pictures"] = Identity(set), ["views"] = Text(views) });
    }
}
