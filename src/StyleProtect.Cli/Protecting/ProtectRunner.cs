using System.Diagnostics;
using StyleProtect.Artworks;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Options;
using StyleProtect.Cli.Reporting;
using StyleProtect.Layers;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary>Protects the planned pictures batch by batch. A broken picture does not stop the others; at most one batch is in memory.</summary>
internal sealed class ProtectRunner(IProtectorFactory factory, IArtworkStore store, IProgressView view, ResultWriter writer)
{
    private readonly Dictionary<PlannedPicture, PictureResult> _results = [];
    private int _batches;

    /// <summary>Runs the job.</summary>
    /// <exception cref="CommandException">The settings do not fit the model, or the model cannot be used.</exception>
    internal async Task<ProtectDocument> RunAsync(IReadOnlyList<PlannedPicture> plan, ProtectSettings settings, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        IStyleProtector? protector = null;
        try
        {
            var queue = new Queue<PlannedPicture>(plan);
            while (Load(queue, settings, cancellationToken) is { Count: > 0 } batch)
            {
                protector ??= factory.Create(settings.Engine(settings.Options), settings.Threads);
                await ProtectAsync(protector, batch, settings, plan.Count, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            foreach (var picture in plan.Where(p => !_results.ContainsKey(p))) Add(PictureResult.Cancelled(picture));
        }
        finally
        {
            (protector as IDisposable)?.Dispose();
        }

        return ProtectDocument.Of([.. plan.Select(p => _results[p])], clock.Elapsed, settings);
    }

    private List<(PlannedPicture Plan, Artwork Artwork)> Load(Queue<PlannedPicture> queue, ProtectSettings settings, CancellationToken cancellationToken)
    {
        var batch = new List<(PlannedPicture Plan, Artwork Artwork)>();
        while (batch.Count < settings.SetSize && queue.TryPeek(out var picture))
        {
            cancellationToken.ThrowIfCancellationRequested();
            queue.Dequeue();
            if (!settings.Overwrite && Existing(picture) is { } existing)
            {
                Add(PictureResult.Failed(picture, $"'{existing}' exists already; say --overwrite to replace it, or choose another folder with -o"));
                continue;
            }

            try
            {
                batch.Add((picture, store.Load(picture.Input.Path)));
            }
            catch (PictureException e)
            {
                Add(PictureResult.Failed(picture, e.Message));
            }
        }

        return batch;
    }

    private async Task ProtectAsync(IStyleProtector protector, List<(PlannedPicture Plan, Artwork Artwork)> batch, ProtectSettings settings, int all,
        CancellationToken cancellationToken)
    {
        ProtectionResult result;
        try
        {
            var request = new ProtectionRequest([.. batch.Select(p => p.Artwork)]) { Options = settings.Options };
            result = await view.ShowAsync<ProtectionProgress, ProtectionResult>(Title(batch, all), ShownStep.Of,
                progress => protector.ProtectAsync(request, progress, cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception e) when (SettingsFault(e) is { } fault)
        {
            throw CommandException.Usage(fault.Message, cause: e); // every batch would fail in the same way
        }
        catch (Exception e) when (IsEnvironmentFault(e))
        {
            throw CommandException.Environment(e.Message, "`styleprotect doctor` says more.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (batch.Count > 1)
            {
                // One of them is to blame, perhaps; the others must not suffer for it.
                foreach (var picture in batch) await ProtectAsync(protector, [picture], settings, all, cancellationToken).ConfigureAwait(false);
                return;
            }

            Add(e is ProtectionException
                ? PictureResult.Failed(batch[0].Plan, e.Message)
                : PictureResult.Failed(batch[0].Plan, $"unexpected {e.GetType().Name}: {e.Message}", e));
            return;
        }

        var run = BatchRun.Of(++_batches, result);
        for (var i = 0; i < batch.Count; i++) Add(writer.Write(batch[i].Plan, batch[i].Artwork, result.Artworks[i], run, settings));
    }

    private void Add(PictureResult result) => _results.Add(result.Plan, result);

    private static string? Existing(PlannedPicture picture) =>
        new[] { picture.Output, picture.Sidecar }.FirstOrDefault(Path.Exists);

    private static Exception? SettingsFault(Exception e) =>
        e is ProtectionException { ConcernsEveryPicture: true } ? e : e as LayerSelectionException ?? e.InnerException as LayerSelectionException;

    // The engine itself reads nothing but the model; a failed self-check of libtorch's convolutions comes as an inner InvalidOperationException.
    private static bool IsEnvironmentFault(Exception e) =>
        e is DllNotFoundException or IOException or ProtectionException { InnerException: InvalidOperationException };

    private string Title(List<(PlannedPicture Plan, Artwork Artwork)> batch, int all) =>
        $"picture {_results.Count + 1} of {all}: {batch[0].Plan.Input.Name}" + (batch.Count > 1 ? $" and {batch.Count - 1} more" : "");
}
