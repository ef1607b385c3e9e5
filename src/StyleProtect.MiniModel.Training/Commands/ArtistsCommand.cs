using System.CommandLine;
using StyleProtect.Artworks;
using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>artists</c>: pictures of styles that the model never saw, as files for mimicry experiments.</summary>
internal static class ArtistsCommand
{
    internal static Command Create()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "Folder that gets one folder for each artist.", Required = true };
        var styles = new Option<string[]>("--styles")
        {
            Description = "The artists' styles.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["openmoji", "notionists", "croodles"]
        };
        var count = new Option<int>("--count")
        {
            Description = "Pictures of each artist, at equal distances in the style's order.",
            DefaultValueFactory = _ => 4
        };
        var command = new Command(
            "artists", "Writes pictures of unseen artists as PNG, each beside a text file with its caption.") { data, output, styles, count };
        command.SetAction(arguments =>
        {
            try
            {
                using var set = DataSet.Open(arguments.GetRequiredValue(data).FullName);
                foreach (var style in arguments.GetRequiredValue(styles))
                    Write(set, style, arguments.GetValue(count), Path.Combine(arguments.GetRequiredValue(output).FullName, style));
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

    private static void Write(DataSet set, string style, int count, string folder)
    {
        var index = set.StyleIndex(style);
        var pool = set.Where(p => p.Style == index && p.Split == PictureSplit.UnseenStyle);
        if (count < 2 || count > pool.Count)
            throw new ArgumentException($"'{style}' has {pool.Count} unseen pictures; a style shows in at least two.", nameof(count));
        Directory.CreateDirectory(folder);
        for (var i = 0; i < count; i++)
        {
            var picture = pool[i * pool.Count / count];
            var entry = set.Manifest.Pictures[picture];
            var name = Path.Combine(folder, entry.Id.Split('/')[^1].Split(':')[^1]);
            Artwork.FromRgb24(set.Pixels(picture), set.Size, set.Size).Save(name + ".png", ArtworkFormat.Png, overwrite: true);
            AtomicFile.Write(name + ".txt", $"a picture of {entry.Words} in the style of sks\n");
        }

        Console.WriteLine($"{style}: {count} pictures in {folder}");
    }
}
