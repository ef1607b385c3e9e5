using System.CommandLine;
using System.Text;
using StyleProtect.Artworks;
using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>layer-pictures</c>: the same contents in several styles, with the words that <c>styleprotect layers</c> measures with.</summary>
internal static class LayerPicturesCommand
{
    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "Folder for the pictures and prompts.csv.", Required = true };
        var styles = new Option<string[]>("--styles")
        {
            Description = "Training styles.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["noto", "emojione", "fluent", "fluentflat"]
        };
        var contents = new Option<string[]>("--contents")
        {
            Description = "Contents that every one of them draws.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["red apple", "cat face", "rocket", "pizza"]
        };
        var command = new Command(
            "layer-pictures", "Writes pictures of the same contents in several styles, and the prompts.csv of `styleprotect layers`.") { data, output, styles,
            contents };
        command.SetAction(arguments =>
        {
            try
            {
                using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
                var folder = arguments.GetRequiredValue(output).FullName;
                Write(set, arguments.GetRequiredValue(styles), arguments.GetRequiredValue(contents), folder);
                Console.WriteLine($"styleprotect layers --pictures {folder} --prompts {Path.Combine(folder, "prompts.csv")}");
                return 0;
            }
            catch (Exception e) when (e is DataSetException or IOException or ArgumentException)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }

    /// <exception cref="DataSetException">A style does not exist, or does not draw one of the contents.</exception>
    internal static void Write(DataSet set, IReadOnlyList<string> styles, IReadOnlyList<string> contents, string folder)
    {
        Directory.CreateDirectory(folder);
        var prompts = new StringBuilder();
        foreach (var style in styles)
        {
            var index = set.StyleIndex(style);
            if (set.StyleWord(index).Length == 0) throw new DataSetException($"'{style}' is no training style: the model has no word for it.");
            foreach (var content in contents)
            {
                var found = set.Where(p => p.Style == index && p.Words == content);
                if (found.Count == 0) throw new DataSetException($"'{style}' has no picture of '{content}'.");
                var name = $"{style}-{content.Replace(' ', '-')}.png";
                Artwork.FromRgb24(set.Pixels(found[0]), set.Size, set.Size).Save(Path.Combine(folder, name), ArtworkFormat.Png, overwrite: true);
                prompts.Append(name).Append(',').Append(content).Append(',').Append(style).Append('\n');
            }
        }

        AtomicFile.Write(Path.Combine(folder, "prompts.csv"), prompts.ToString());
    }
}
