namespace StyleProtect.Diffusion.Adapters;

/// <summary>Finds the layer that a file means, whatever tool has written it.</summary>
internal sealed class LoraLayerNames
{
    private const string UNet = "unet.", Text = "text_encoder.", Text2 = "text_encoder_2.", TextModel = "text_model.";
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <param name="layers">The layers by <see cref="LoraLayers"/>' names.</param>
    internal LoraLayerNames(IReadOnlyCollection<string> layers)
    {
        var unet = layers.Where(n => n.StartsWith(UNet, StringComparison.Ordinal)).Select(n => n[UNet.Length..]).ToArray();
        var original = LdmLayerNames.Of(unet);
        foreach (var name in layers) Add(name, name);
        // A name with its part in front goes before one without.
        foreach (var name in unet)
        {
            Add(name, UNet + name);
            Add(Kohya("lora_unet", name), UNet + name);
            if (!original.TryGetValue(name, out var ldm)) continue;
            Add(Kohya("lora_unet", ldm), UNet + name);
            Add("diffusion_model." + ldm, UNet + name);
        }

        AddText(layers, Text, ["lora_te", "lora_te1"], alone: true);
        AddText(layers, Text2, ["lora_te2"], alone: false);
    }

    /// <summary>The layer's name; null when the model has no such layer.</summary>
    internal string? Find(string stem)
    {
        var name = stem.StartsWith("base_model.model.", StringComparison.Ordinal) ? stem["base_model.model.".Length..] : stem;
        if (_names.TryGetValue(name, out var found)) return found;
        // The attention processors of diffusers before 0.20.
        name = name.Replace(".processor.", ".", StringComparison.Ordinal);
        if (name.EndsWith(".to_out", StringComparison.Ordinal)) name += ".0";
        return _names.GetValueOrDefault(name);
    }

    private void AddText(IEnumerable<string> layers, string part, string[] kohya, bool alone)
    {
        foreach (var name in layers.Where(n => n.StartsWith(part, StringComparison.Ordinal)).Select(n => n[part.Length..]))
        {
            foreach (var prefix in kohya) Add(Kohya(prefix, name), part + name);
            if (alone) Add(name, part + name);
            // From transformers 5.6 on CLIPTextModel has no module text_model.
            if (name.StartsWith(TextModel, StringComparison.Ordinal)) Add(part + name[TextModel.Length..], part + name);
        }
    }

    private void Add(string alias, string name) => _names.TryAdd(alias, name);

    private static string Kohya(string prefix, string name) => $"{prefix}_{name.Replace('.', '_')}";
}
