using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether the model is there and its files are valid.</summary>
internal sealed class ModelCheck : IDoctorCheck
{
    public string Name => "model";

    public Finding Run(StyleProtectorOptions model)
    {
        try
        {
            var read = ModelFiles.Read(model);
            var identity = read.Identity;
            var layers = read.Layers.CrossAttention.Count;
            var serves = read.WithoutUNet is { } reason ? $"only for methods that need no U-Net ({reason})" : $"{layers} cross-attention layers";
            var detail = $"{identity.Name}: {read.Layers.ModelKind}, {Format.Count(read.Parameters)} parameters, {Format.Bytes(read.Bytes)}, {serves}, " +
                $"sha256 {identity.Sha256[..12]}… in {identity.Path}" + string.Concat(read.Notes.Select(n => $". {n.TrimEnd('.')}"));
            var finding = read.WithoutUNet is null || read.IsAutoencoderAlone
                ? Finding.Ok(Name, detail) : Finding.Warn(Name, detail, "Choose such a method with --method, for example photoguard, or another model.");
            return finding with
            {
                Facts = new Dictionary<string, object?>
                {
                    ["name"] = identity.Name,
                    ["path"] = identity.Path,
                    ["kind"] = read.Layers.ModelKind,
                    ["pipeline"] = read.Pipeline,
                    ["sha256"] = identity.Sha256,
                    ["parameters"] = read.Parameters,
                    ["bytes"] = read.Bytes,
                    ["crossAttentionLayers"] = layers,
                    ["withoutUNet"] = read.WithoutUNet,
                    ["notes"] = read.Notes,
                },
            };
        }
        catch (CommandException e)
        {
            return Finding.Fail(Name, e.Message, e.Hint ?? "Name a model with --model: a folder, a file, or a name that `styleprotect models` lists.");
        }
    }
}
