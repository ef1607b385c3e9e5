using System.Text.Json;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Perception;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Protection;

/// <summary>A folder with a style encoder of random weights.</summary>
internal static class TinyStyleEncoder
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    internal static void Write(string folder, ulong seed)
    {
        using var scope = NewDisposeScope();
        var config = new ConvolutionalEncoderConfig
        {
            BlockOutChannels = [8, 16],
            NormNumGroups = 4,
            SampleSize = 32,
            OutputWidth = 12,
            StatisticsOfEveryStage = true,
            StemStride = 1
        };
        using var weights = WeightFactory.Use(ScalarType.Float32, CPU);
        using var network = new ConvolutionalEncoder(config);
        using var generator = new Generator(seed);
        WeightInitializer.Initialize(network, generator);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(config, s_json));
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), network.state_dict());
    }
}
