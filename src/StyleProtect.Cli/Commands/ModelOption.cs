using System.CommandLine;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Commands;

/// <summary><c>--model</c> of the commands that only look.</summary>
internal sealed class ModelOption : Option<string>
{
    internal ModelOption()
        : base("--model")
    {
        HelpName = "folder";
        Description = "Model in diffusers layout (default: the embedded model)";
    }

    internal string Folder(ParseResult result) => result.GetValue(this) ?? new StyleProtectorOptions().ModelPath;
}
