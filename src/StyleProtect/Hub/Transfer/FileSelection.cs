using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub.Cache;

namespace StyleProtect.Hub.Transfer;

/// <summary>
/// Which files of a repository are worth downloading: configurations, tokenizers and one set of safetensors weights for each part. Never pickles; no
/// single-file checkpoint beside a diffusers folder that holds the same; one variant.
/// </summary>
/// <param name="Files">The files.</param>
/// <param name="Notes">What was chosen, one sentence each.</param>
internal sealed record FileSelection(IReadOnlyList<HubFile> Files, IReadOnlyList<string> Notes)
{
    private const string ModelCard = "README.md";
    private const long MaxCardBytes = 1 << 20;
    private const string Vae = "vae", UNet = "unet";
    private static readonly string[] s_unetParts = [UNet, "scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"];
    private static readonly string[] s_withWeights = [Vae, UNet, "text_encoder", "text_encoder_2"];
    private static readonly string[] s_vocabularies = ["merges.txt", "vocab.txt"];
    private static readonly string[] s_bestVariants = ["fp16", "bf16"];

    /// <summary>Chooses.</summary>
    /// <param name="repository">The repository, for messages.</param>
    /// <param name="all">All its files.</param>
    /// <param name="parts">The parts that are wanted.</param>
    /// <param name="variant">The variant that is wanted, or null.</param>
    /// <param name="named">Files that are wanted by name, instead; empty for none.</param>
    /// <exception cref="ModelStoreException">There is nothing to choose, or too much; the message lists what there is.</exception>
    internal static FileSelection Of(RepositoryName repository, IReadOnlyList<HubFile> all, ModelParts parts, string? variant, IReadOnlyList<string> named)
    {
        if (variant is not null && !ModelFolder.IsPlainName(variant)) throw new ModelStoreException(
            $"'{variant}' is not the name of a variant; an example is fp16.");
        var chooser = new Chooser(repository, all, variant);
        if (named.Count > 0) chooser.TakeNamed(named);
        else if (chooser.Has(ModelIndex.FileName)) chooser.TakeFolder(parts);
        else if (chooser.Has("config.json") && chooser.HasWeightsIn("")) chooser.TakeComponent();
        else chooser.TakeSingleFile();
        if (all.FirstOrDefault(f => f.Name == ModelCard) is { Size: <= MaxCardBytes } card) chooser.Take(card);
        return chooser.Done();
    }

    private sealed class Chooser(RepositoryName repository, IReadOnlyList<HubFile> all, string? variant)
    {
        private readonly Dictionary<string, HubFile> _taken = new(StringComparer.Ordinal);
        private readonly List<string> _notes = [];
        private readonly SortedSet<string> _variants = new(StringComparer.Ordinal);
        private bool _variantFound;

        internal bool Has(string name) => all.Any(f => f.Name == name);

        internal bool HasWeightsIn(string folder) => In(folder).Any(f => WeightsName.TryParse(PlainName(f)) is { IsIndex: false });

        internal void Take(HubFile file)
        {
            if (!_taken.TryAdd(file.Name, file)) throw new ModelStoreException($"'{repository.Id}' lists '{SafetensorsHeader.Shown(file.Name)}' twice. " +
                "Nothing was downloaded.");
        }

        internal FileSelection Done() => new([.. _taken.Values], _notes);

        internal void TakeNamed(IReadOnlyList<string> names)
        {
            if (variant is not null)
                throw new ModelStoreException($"'{repository.Id}': files are taken by name here, so there is no variant to choose: leave --variant out.");
            foreach (var name in names.Distinct(StringComparer.Ordinal))
            {
                if (PickleRefusal.IsPickle(name)) throw new ModelStoreException($"'{name}' of '{repository.Id}' is a pickle and is not downloaded: reading " +
                    $"it could run any code. {Others()}");
                if (!IsText(name) && !IsSafetensors(name) && name != ModelCard)
                    throw new ModelStoreException($"'{name}' of '{repository.Id}' is not downloaded: only .safetensors, .json and vocabularies are read. " +
                        $"{Others()}");
                var found = all.Where(f => f.Name == name).ToArray();
                if (found.Length == 0) throw new ModelStoreException($"'{repository.Id}' has no file '{SafetensorsHeader.Shown(name)}'. {Others()}");
                if (name != ModelCard) foreach (var file in found) Take(file);
            }
        }

        internal void TakeFolder(ModelParts parts)
        {
            var folders = all.Where(f => f.Name.Count(c => c == '/') == 1).Select(f => f.Name.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
            var hasUNet = folders.Contains(UNet);
            if (parts == ModelParts.UNet && !hasUNet) throw NoPart(UNet, folders);
            if (parts != ModelParts.UNet && !folders.Contains(Vae)) throw NoPart(Vae, folders);
            if (parts == ModelParts.All && !hasUNet) _notes.Add("The model has no U-Net: its autoencoder alone was chosen, for the methods that need no more.");
            string[] wanted = [.. parts == ModelParts.UNet ? [] : (string[])[Vae], .. parts == ModelParts.Vae || !hasUNet ? []
                : s_unetParts.Where(folders.Contains)];
            foreach (var file in all.Where(f => f.Name == ModelIndex.FileName)) Take(file);
            foreach (var folder in wanted)
            {
                TakeTexts(folder);
                if (s_withWeights.Contains(folder, StringComparer.Ordinal)) TakeWeights(folder);
            }

            CheckVariant();
        }

        internal void TakeComponent()
        {
            TakeTexts("");
            TakeWeights("");
            CheckVariant();
        }

        internal void TakeSingleFile()
        {
            var files = In("").Where(f => IsSafetensors(f.Name)).ToArray();
            if (files.Length == 0) throw new ModelStoreException(Nothing());
            // TAESD keeps encoder and decoder apart.
            var isPair = files.Length == 2 && files.All(f => f.Name.Contains("_encoder.", StringComparison.Ordinal)
                || f.Name.Contains("_decoder.", StringComparison.Ordinal));
            if (files.Length > 1 && !isPair) throw new ModelStoreException($"'{repository.Id}' has several weights files and no model_index.json that says " +
                $"which belong together. {Others()}");
            if (variant is not null) throw new ModelStoreException($"'{repository.Id}' has a single weights file and no variants: leave --variant out.");
            TakeTexts("");
            foreach (var file in files) Take(file);
        }

        private void TakeTexts(string folder)
        {
            foreach (var file in In(folder).Where(f => IsText(f.Name) && WeightsName.TryParse(PlainName(f)) is null)) Take(file);
        }

        /// <summary>Takes one set of weights of a folder.</summary>
        private void TakeWeights(string folder)
        {
            var shown = folder.Length == 0 ? "the repository" : $"the folder '{folder}'";
            var sets = In(folder).Select(f => (File: f, Name: WeightsName.TryParse(PlainName(f)))).Where(f => f.Name is not null)
                .GroupBy(f => (f.Name!.Stem, f.Name.Variant)).Where(g => g.Any(f => !f.Name!.IsIndex)).ToDictionary(g => g.Key, g => g.ToArray());
            if (sets.Count == 0)
                throw new ModelStoreException(In(folder).Any(f => PickleRefusal.IsPickle(f.Name))
                    ? $"'{repository.Id}': {shown} has its weights only as a pickle, which is not downloaded because reading it could run any code. Look for " +
                        "a revision with safetensors (--revision refs/pr/…) or for another repository."
                    : $"'{repository.Id}': {shown} has no weights that are read (.safetensors).");
            var stem = sets.Keys.Select(k => k.Stem).Order(StringComparer.Ordinal).First(); // diffusion_pytorch_model before model
            string?[] there = [.. sets.Keys.Where(k => k.Stem == stem).Select(k => k.Variant).Order(StringComparer.Ordinal)];
            _variants.UnionWith(there.OfType<string>());
            var chosen = there.Contains(variant, StringComparer.Ordinal) ? variant : there.Contains(null) ? null
                : s_bestVariants.FirstOrDefault(v => there.Contains(v, StringComparer.Ordinal)) ?? there[0];
            if (chosen == variant && variant is not null) _variantFound = true;
            else if (variant is not null) _notes.Add($"{Capital(shown)} has no variant '{variant}': " +
                $"{(chosen is null ? "its plain weights were" : $"'{chosen}' was")} chosen.");
            else if (chosen is not null) _notes.Add($"{Capital(shown)} has no plain weights: the variant '{chosen}' was chosen.");
            var set = sets[(stem, chosen)];
            var single = set.Where(f => f.Name is { IsIndex: false, Shards: 0 }).Select(f => f.File).ToArray();
            if (single.Length > 0)
            {
                foreach (var file in single) Take(file);
                return;
            }

            var count = set.Max(f => f.Name!.Shards);
            var shards = set.Where(f => f.Name!.Shards == count).ToArray();
            if (shards.Length != count || !set.Any(f => f.Name!.IsIndex))
                throw new ModelStoreException($"'{repository.Id}': {shown} has {shards.Length} of {count} " +
                    $"shards{(set.Any(f => f.Name!.IsIndex) ? "" : " and no index of them")}: the repository is incomplete.");
            foreach (var file in shards.Concat(set.Where(f => f.Name!.IsIndex))) Take(file.File);
        }

        private void CheckVariant()
        {
            if (variant is null || _variantFound) return;
            throw new ModelStoreException(_variants.Count > 0 ? $"'{repository.Id}' has no variant '{variant}'. It has {string.Join(", ", _variants)} and, " +
                "without --variant, the plain weights."
                : $"'{repository.Id}' has no variant '{variant}', only the plain weights: leave --variant out.");
        }

        private IEnumerable<HubFile> In(string folder) => folder.Length == 0 ? all.Where(f => !f.Name.Contains('/', StringComparison.Ordinal))
            : all.Where(f => f.Name.StartsWith(folder + "/", StringComparison.Ordinal) && f.Name.IndexOf('/', folder.Length + 1) < 0);

        private ModelStoreException NoPart(string part, HashSet<string> folders) =>
            new($"'{repository.Id}' has no folder '{part}'. It has {string.Join(", ", folders.Order(StringComparer.Ordinal)
                .Select(SafetensorsHeader.Shown))}.");

        private string Nothing() => all.Any(f => IsSafetensors(f.Name)) ? $"'{repository.Id}' has no model_index.json and no weights beside its model card. " +
            $"{Others()}"
            : all.Any(f => PickleRefusal.IsPickle(f.Name)) ? $"'{repository.Id}' has its weights only as pickles, which are not downloaded because reading " +
                "them could run any code. Look for a revision or a repository with safetensors."
            : $"'{repository.Id}' has no weights that are read (.safetensors).";

        private string Others()
        {
            const int most = 12;
            string[] names = [.. all.Where(f => IsSafetensors(f.Name)).Select(f => SafetensorsHeader.Shown(f.Name)).Order(StringComparer.Ordinal)];
            return names.Length == 0 ? "It has no .safetensors file."
                : $"Choose with --file: {string.Join(", ", names.Take(most))}{(names.Length > most ? $" and {names.Length - most} more" : "")}.";
        }

        private static string PlainName(HubFile file) => file.Name[(file.Name.LastIndexOf('/') + 1)..];

        private static bool IsSafetensors(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

        private static bool IsText(string name) => name.EndsWith(".json", StringComparison.Ordinal)
            || s_vocabularies.Contains(name[(name.LastIndexOf('/') + 1)..], StringComparer.Ordinal);

        private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
    }
}
