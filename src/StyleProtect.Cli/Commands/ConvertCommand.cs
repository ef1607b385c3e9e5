using System.CommandLine;
using StyleProtect.Attacks.Purification;
using StyleProtect.Cli.Terminals;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect convert</c>: brings the weights of a purifier into the form that is read.</summary>
internal sealed class ConvertCommand : Command
{
    internal ConvertCommand(Terminal terminal)
        : base("convert", "Turns waifu2x's VGG-7 weights (JSON) into a safetensors file for the purifiers waifu2x and noisy-upscale.")
    {
        var json = new Argument<string>("json") { Description = "The JSON file, for example noise1_model.json" };
        var safetensors = new Argument<string>("safetensors") { Description = "The file to write" };
        Add(json);
        Add(safetensors);
        SetAction(result =>
        {
            try
            {
                Waifu2xConverter.Convert(result.GetRequiredValue(json), result.GetRequiredValue(safetensors));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw CommandException.Usage(e.Message, cause: e);
            }

            terminal.WriteLine(result.GetRequiredValue(safetensors));
            return ExitCode.Success;
        });
    }
}
