using System.CommandLine;
using StyleProtect.MiniModel.Training.Data;

namespace StyleProtect.MiniModel.Training.Commands;

/// <summary><c>data-sheet</c>: a picture of the data set to look at.</summary>
internal static class DataSheetCommand
{
    internal static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--data") { Description = "Folder of the data set.", Required = true };
        var output = new Option<FileInfo>("--out") { Description = "PNG to write.", Required = true };
        var columns = new Option<int>("--columns") { Description = "Pictures per style.", DefaultValueFactory = _ => 16 };
        var size = new Option<int>("--size") { Description = "Size of a picture: the data set's or half of it.", DefaultValueFactory = _ => 64 };
        var seed = new Option<long>("--seed") { Description = "Chooses the pictures.", DefaultValueFactory = _ => 1 };
        var aligned = new Option<bool>("--aligned") { Description = "Same contents in every row instead of any." };
        var augmented = new Option<bool>("--augmented") { Description = "Shifted, scaled and flipped as in the autoencoder's training." };
        var command = new Command(
            "data-sheet", "Writes a contact sheet: one row per style, pictures drawn at random.") { folder, output, columns, size, seed, aligned, augmented };
        command.SetAction(arguments =>
        {
            try
            {
                using var set = DataSet.Open(arguments.GetRequiredValue(folder).FullName);
                ContactSheet.Write(
                    set, arguments.GetRequiredValue(output).FullName, arguments.GetValue(columns), arguments.GetValue(size), arguments.GetValue(seed),
                    arguments.GetValue(aligned), arguments.GetValue(augmented));
                foreach (var (i, style) in set.Manifest.Styles.Index()) Console.WriteLine($"row {i + 1}: {style.Id}");
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
}
