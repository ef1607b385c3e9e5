using StyleProtect.Artworks;
using StyleProtect.Diffusion;
using StyleProtect.Runtime;
using TorchSharp;

namespace StyleProtect.Attacks.Memory;

/// <summary>How many pictures an attack computes at once to stay below a limit.</summary>
internal sealed record AttackMemoryPlan
{
    /// <summary>Pictures that are generated at once when memory does not matter.</summary>
    private const int Together = 8;

    /// <summary>Pictures of a training step that are computed at once; the gradients of a step's parts are added up (gradient accumulation).</summary>
    internal required int MicroBatch { get; init; }

    /// <summary>Pictures that are generated at once.</summary>
    internal required int SamplingBatch { get; init; }

    /// <summary>Bytes that the process will hold at the most.</summary>
    internal required long Estimate { get; init; }

    /// <summary>The smallest limit with which the attack can be carried out.</summary>
    internal required long Smallest { get; init; }

    /// <summary>The estimate's parts in bytes: process, weights, training, pictures, step.</summary>
    internal required IReadOnlyDictionary<string, long> Parts { get; init; }

    /// <summary>Plans an attack on a loaded model.</summary>
    /// <exception cref="AttackException">No way fits; the message names the smallest limit that does.</exception>
    internal static AttackMemoryPlan For(LatentDiffusionModel model, AttackRequest request)
    {
        var need = new AttackNeed(
            AttackFootprint.Of(model), model.WeightType == torch.ScalarType.BFloat16 ? 2 : 4, request.Options, request.Prompts.Count, Sizes(request.Artworks));
        if (request.Options.MemoryLimit is { } limit) return Of(need, limit, "asked for");
        // As for a protection: a GPU's memory is not planned unless a limit is given.
        return model.Device.type == DeviceType.CUDA
            ? Of(need, null, "")
            : Of(need, MachineMemory.Read().Usable, "nine tenths of what this machine has available");
    }

    /// <summary>Chooses the largest numbers of pictures at once that fit: first the whole batch, then half of it, and so on.</summary>
    /// <param name="need">The attack.</param>
    /// <param name="limit">Bytes that the process may hold; null takes everything at once.</param>
    /// <param name="origin">Where the limit comes from, in words.</param>
    /// <exception cref="AttackException">No way fits; the message names the smallest limit that does.</exception>
    internal static AttackMemoryPlan Of(AttackNeed need, long? limit, string origin)
    {
        var parts = need.Fixed;
        var fixedBytes = parts.Values.Sum();
        var smallest = fixedBytes + Math.Max(need.Step(Math.Min(1, need.Rows)), need.Sampling(1));
        if (limit < smallest)
        {
            throw new AttackException(
                $"{Text(limit.Value, up: false)} of memory ({origin}) are too little: this attack needs {Text(smallest)} at least, " +
                $"of which {Text(parts["weights"])} are the model's weights and {Text(parts["training"])} what is trained. " +
                $"Allow it with MemoryLimit = {smallest}, train less (LoRA, Textual Inversion), or take a smaller model.");
        }

        var room = limit - fixedBytes;
        var step = Halved(need.Rows).First(n => n <= 1 || room is null || need.Step(n) <= room);
        var sampling = Halved(Math.Min(Together, need.Generated)).First(n => n <= 1 || room is null || need.Sampling(n) <= room);
        var work = Math.Max(need.Step(step), need.Sampling(sampling));
        return new AttackMemoryPlan
        {
            MicroBatch = step,
            SamplingBatch = sampling,
            Estimate = fixedBytes + work,
            Smallest = smallest,
            Parts = new Dictionary<string, long>(parts, StringComparer.Ordinal) { ["step"] = work },
        };
    }

    private static (int Width, int Height)[] Sizes(IReadOnlyList<Artwork> artworks) => [.. artworks.Select(a => (a.Width, a.Height))];

    private static IEnumerable<int> Halved(int number)
    {
        for (; number > 1; number = (number + 1) / 2) yield return number;
        yield return number;
    }

    /// <summary>Whole MiB, in the form that the command line reads.</summary>
    private static string Text(long bytes, bool up = true) => $"{(bytes + (up ? (1L << 20) - 1 : 0)) >> 20}MiB";
}
