using StyleProtect.Cli.Models;
using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether the model is there and its files are valid.</summary>
internal sealed class ModelCheck : IDoctorCheck
{
    public string Name => "model";

    public Finding Run(string modelPath)
    {
        try
        {
            var model = ModelFolder.Read(modelPath);
            var detail = $"{model.Name}: {Format.Count(model.Parameters)} parameters, {Format.Bytes(model.Bytes)}, {model.Catalog.CrossAttention.Count} cross-attention layers, sha256 {model.Sha256[..12]}… in {model.Path}";
            return Finding.Ok(Name, detail) with
            {
                Facts = new Dictionary<string, object?>
                {
                    ["name"] = model.Name,
                    ["path"] = model.Path,
                    ["sha256"] = model.Sha256,
                    ["parameters"] = model.Parameters,
                    ["bytes"] = model.Bytes,
                    ["crossAttentionLayers"] = model.Catalog.CrossAttention.Count,
                },
            };
        }
        catch (CommandException e)
        {
            return Finding.Fail(Name, e.Message, e.Hint ?? "Give a diffusers folder with --model.");
        }
    }
}
