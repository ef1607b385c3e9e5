using System.CommandLine;
using StyleProtect.MiniModel.Training.Commands;

var root = new RootCommand("Trains the embedded model of StyleProtect from openly licensed drawings.")
{
    DataCommand.Create(),
    DataSheetCommand.Create(),
    ArtistsCommand.Create(),
    LayerPicturesCommand.Create(),
    AutoencoderCommand.Create(),
    UNetCommand.Create(),
    ClassifierCommand.Create(),
    ExportCommand.Create(),
    EvaluateCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
