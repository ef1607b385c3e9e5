using System.CommandLine;
using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Data.Building;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>data</c>: builds the data set.</summary>
internal static class DataCommand
{
    internal static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--out") { Description = "Folder of the data set.", Required = true };
        var size = new Option<int>("--size") { Description = "Width and height of the pictures.", DefaultValueFactory = _ => 128 };
        var seed = new Option<long>("--seed") { Description = "Seed of the held-out parts.", DefaultValueFactory = _ => 2026 };
        var characters = new Option<int>("--characters") { Description = "Characters per DiceBear designer.", DefaultValueFactory = _ => 200 };
        var clipArt = new Option<DirectoryInfo?>("--clip-art")
        {
            Description = "Folder of Open Clip Art's SVG files, extra pictures for the autoencoder " +
                $"({ClipArtLibrary.DefaultFolder} where Debian's openclipart-svg is installed).",
            DefaultValueFactory = _ => Directory.Exists(ClipArtLibrary.DefaultFolder) ? new DirectoryInfo(ClipArtLibrary.DefaultFolder) : null,
        };
        var command = new Command(
            "data", "Builds the data set from pinned npm packages (needs npm, node and rsvg-convert). Resumable.") { folder, size, seed, characters, clipArt };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var options = new DataSetBuilder.Options(
                arguments.GetRequiredValue(folder).FullName, arguments.GetValue(size), arguments.GetValue(seed), arguments.GetValue(characters),
                arguments.GetValue(clipArt)?.FullName);
            try
            {
                if (options.ClipArt is null) Console.WriteLine("No Open Clip Art folder: the autoencoder gets no extra pictures.");
                var manifest = await new DataSetBuilder(options, Console.WriteLine).BuildAsync(cancellationToken);
                Console.WriteLine(DataSummary.Of(manifest));
                return 0;
            }
            catch (DataBuildException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }
        });
        return command;
    }
}
