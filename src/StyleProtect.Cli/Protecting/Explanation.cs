using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Cli.Terminals;
using StyleProtect.Cli.Text;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Hub;
using StyleProtect.Native;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary><c>protect --explain</c>: the memory plan of every set of pictures; nothing is computed or written.</summary>
internal sealed class Explanation(Terminal terminal, IArtworkStore store)
{
    internal int Print(IReadOnlyList<PlannedPicture> plan, ProtectSettings settings, CancellationToken cancellationToken)
    {
        if (TorchRuntime.Failure is { } failure) throw CommandException.Environment(failure, "`styleprotect doctor` says more.");
        var sets = plan.Chunk(settings.SetSize).Select(set => Explain(set, settings, cancellationToken)).ToArray();
        if (settings.Json)
        {
            terminal.WriteLine(Json.Serialize(new Document(sets)));
            return ExitCode.Success;
        }

        foreach (var set in sets)
        {
            terminal.WriteLine($"{set.Pictures[0]}{(set.Pictures.Count > 1 ? $" and {set.Pictures.Count - 1} more" : "")}: {PlanText.Summary(set.Plan)}");
            terminal.WriteLine($"  {PlanText.Step(set.Plan)}");
            terminal.WriteLine($"  {PlanText.Parts(set.Plan)}");
        }

        return ExitCode.Success;
    }

    private PictureSet Explain(PlannedPicture[] set, ProtectSettings settings, CancellationToken cancellationToken)
    {
        var sizes = new List<(int, int)>();
        foreach (var picture in set)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var artwork = store.Load(picture.Input.Path);
                sizes.Add((artwork.Width, artwork.Height));
            }
            catch (PictureException e)
            {
                throw CommandException.Usage($"{picture.Input.Path}: {e.Message}", cause: e);
            }
        }

        try
        {
            return new PictureSet([.. set.Select(p => p.Input.Name)], MemoryPlan.For(settings.Engine(settings.Options), sizes, settings.Options));
        }
        catch (ProtectionException e)
        {
            throw CommandException.Usage(e.Message, cause: e);
        }
        catch (Exception e) when (e is CheckpointException or SafetensorsException or ModelStoreException)
        {
            throw CommandException.Environment(e.Message, "`styleprotect doctor` says more.", e);
        }
    }

    /// <summary>What <c>protect --explain --json</c> prints: a plan for each set of pictures.</summary>
    private sealed record Document(IReadOnlyList<PictureSet> Sets)
    {
        public string Schema { get; } = "styleprotect.explain/1";
    }

    /// <summary>Pictures that are protected together, and their plan.</summary>
    private sealed record PictureSet(IReadOnlyList<string> Pictures, MemoryPlan Plan);
}
