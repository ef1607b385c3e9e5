using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Native;
using TorchSharp;

namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>A model folder with Stable Diffusion 1.x's sixteen cross-attention layers, and nothing else in its U-Net.</summary>
public static class TinyModel
{
    private static readonly int[] s_channels = [32, 64, 96, 96];

    public static string Write(string folder)
    {
        TorchRuntime.EnsureLoaded();
        Directory.CreateDirectory(Path.Combine(folder, "unet"));
        File.WriteAllText(Path.Combine(folder, "model_index.json"), "{}");
        File.WriteAllText(
            Path.Combine(folder, "unet", "config.json"),
            """{"down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],"attention_head_dim":[2,4,6,8]}""");
        using var scope = torch.NewDisposeScope();
        var weights = new Dictionary<string, torch.Tensor>(StringComparer.Ordinal) { ["conv_in.weight"] = torch.zeros(32, 4, 3, 3) };
        for (var level = 0; level < 3; level++)
        {
            for (var i = 0; i < 2; i++) Add($"down_blocks.{level}.attentions.{i}", s_channels[level]);
            for (var i = 0; i < 3; i++) Add($"up_blocks.{level + 1}.attentions.{i}", s_channels[2 - level]);
        }

        Add("mid_block.attentions.0", s_channels[3]);
        SafetensorsWriter.Write(Path.Combine(folder, "unet", "diffusion_pytorch_model.safetensors"), weights);
        return folder;

        void Add(string attention, int channels)
        {
            foreach (var part in (string[])["to_k", "to_v"])
                weights[$"{attention}.transformer_blocks.0.attn2.{part}.weight"] = torch.zeros(channels, 16);
            weights[$"{attention}.transformer_blocks.0.attn1.to_k.weight"] = torch.zeros(channels, channels); // self-attention: not listed
        }
    }
}
