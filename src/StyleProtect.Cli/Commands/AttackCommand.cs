using System.CommandLine;
using StyleProtect.Cli.Attacking;
using StyleProtect.Cli.Options;

namespace StyleProtect.Cli.Commands;

/// <summary><c>styleprotect attack</c>: does what a mimic would do with a folder of pictures.</summary>
internal sealed class AttackCommand : SettingsCommand<AttackSettings>
{
    internal AttackCommand(AttackJob job)
        : base("attack", "Does what a mimic would do with published pictures: fine-tunes the model on them and generates pictures in their style.",
            AttackDefinitions.All)
    {
        var folder = new Argument<string>("folder") { Description = "The pictures to learn from, at least two, as they are published" };
        Add(folder);
        SetAction(async (typed, cancellationToken) =>
        {
            var settings = Read(typed);
            settings.Folder = typed.GetRequiredValue(folder);
            await job.RunAsync(settings, cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
    }
}
