using StyleProtect.Cli.Backends;
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
            var model = ModelFiles.Read(modelPath);
            var identity = model.Identity;
            var layers = model.Layers.CrossAttention.Count;
            var detail = $"{identity.Name}: {model.Layers.ModelKind}, {Format.Count(model.Parameters)} parameters, {Format.Bytes(model.Bytes)}, {layers} " +
                $"cross-attention layers, sha256 {identity.Sha256[..12]}… in {identity.Path}";
            return Finding.Ok(Name, detail) with
            {
                Facts = new Dictionary<string, object?>
                {
                    ["name"] = identity.Name,
                    ["path"] = identity.Path,
                    ["kind"] = model.Layers.ModelKind,
                    ["pipeline"] = model.Pipeline,
                    ["sha256"] = identity.Sha256,
                    ["parameters"] = model.Parameters,
                    ["bytes"] = model.Bytes,
                    ["crossAttentionLayers"] = layers,
                },
            };
        }
        catch (CommandException e)
        {
            return Finding.Fail(Name, e.Message, e.Hint ?? "Give a diffusers folder with --model.");
        }
    }
}
