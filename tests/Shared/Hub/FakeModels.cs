using System.Text;
using System.Text.Json;

namespace StyleProtect.Testing.Hub;

/// <summary>Repositories in the layouts that people publish, with noise for weights.</summary>
internal static class FakeModels
{
    /// <summary>Noise that is the same every time.</summary>
    internal static byte[] Noise(int seed, int bytes)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return content;
    }

    /// <summary>A Stable Diffusion repository as the hub has them: folders, a variant, pickles, a checkpoint and pictures beside.</summary>
    internal static FakeRepository StableDiffusion(string id = "owner/sd", int unet = 60_000)
    {
        var repository = new FakeRepository(id)
            .Add("README.md", "---\nlicense: creativeml-openrail-m\ntags:\n- stable-diffusion\n---\n# A model\n")
            .Add("model_index.json", """
                {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0", "vae": ["diffusers", "AutoencoderKL"],
                    "unet": ["diffusers", "UNet2DConditionModel"],
                 "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"], "scheduler": ["diffusers", "PNDMScheduler"],
                 "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
                """)
            .Add("scheduler/scheduler_config.json", """{"_class_name": "PNDMScheduler"}""")
            .Add("tokenizer/vocab.json", """{"a": 0}""").Add("tokenizer/merges.txt", "#version\na b\n").Add("tokenizer/tokenizer_config.json", "{}")
            .Add("text_encoder/config.json", "{}").Add("unet/config.json", "{}").Add("vae/config.json", """{"_class_name": "AutoencoderKL"}""")
            .Add("safety_checker/config.json", "{}").Add("safety_checker/model.safetensors", Noise(1, 500), isLarge: true)
            .Add("v1-5-pruned.safetensors", Noise(2, 900), isLarge: true).Add("v1-5-pruned.ckpt", Noise(3, 900), isLarge: true)
            .Add("picture.png", Noise(4, 200));
        foreach (var (folder, file, bytes) in ((string, string, int)[])[("unet", "diffusion_pytorch_model", unet), ("vae", "diffusion_pytorch_model", 20_000),
            ("text_encoder", "model", 9_000)])
        {
            repository.Add($"{folder}/{file}.safetensors", Noise(bytes, bytes), isLarge: true);
            repository.Add($"{folder}/{file}.fp16.safetensors", Noise(bytes + 1, bytes / 2), isLarge: true);
            repository.Add($"{folder}/{(file == "model" ? "pytorch_model" : file)}.bin", Noise(bytes + 2, bytes), isLarge: true);
        }

        repository.Add("unet/diffusion_pytorch_model.non_ema.safetensors", Noise(7, 3_000), isLarge: true);
        return repository;
    }

    /// <summary>An autoencoder alone: configuration and weights at the root.</summary>
    internal static FakeRepository Autoencoder(string id = "owner/vae", int bytes = 30_000) => new FakeRepository(id)
        .Add("README.md", "---\nlicense: mit\n---\n").Add("config.json", """{"_class_name": "AutoencoderTiny"}""")
        .Add("diffusion_pytorch_model.safetensors", Noise(bytes, bytes), isLarge: true)
        .Add("diffusion_pytorch_model.bin", Noise(5, 900), isLarge: true)
        .Add("sdxl_vae.safetensors", Noise(6, 900), isLarge: true);

    /// <summary>A safetensors file with one small tensor of each name.</summary>
    internal static byte[] Tensors(params string[] names)
    {
        var entries = names.Select((n, i) => $$"""{{JsonSerializer.Serialize(n)}}:{"dtype":"F32","shape":[1],"data_offsets":[{{4 * i}},{{4 * i + 4}}]}""");
        var header = "{" + string.Join(',', entries) + "}";
        return [.. BitConverter.GetBytes((ulong)header.Length), .. Encoding.ASCII.GetBytes(header), .. new byte[4 * names.Length]];
    }
}
