using System.Diagnostics;
using System.Globalization;
using StyleProtect.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Benchmarks.Kernels;

/// <summary>Compares implementations in one process, in turn, by the median.</summary>
internal static class KernelRatios
{
    private static Func<double> s_clock = () => 0;

    /// <summary>Arguments: [rounds] [cpu]; with cpu one thread's processor time is compared, which other work on the machine disturbs least.</summary>
    internal static int Run(string[] arguments)
    {
        var byProcessorTime = arguments is [.., "cpu"];
        var rounds = arguments is [var text, ..] && text != "cpu" ? int.Parse(text, CultureInfo.InvariantCulture) : 41;
        if (byProcessorTime) set_num_threads(1);
        s_clock = byProcessorTime ? () => ThreadClock.Milliseconds : () => Stopwatch.GetTimestamp() * 1e3 / Stopwatch.Frequency;
        Console.WriteLine(
            $"{Environment.ProcessorCount} processors, {get_num_threads()} torch threads, {FusedKernels.Managed.Description}, medians of {rounds} rounds " +
            $"of {(byProcessorTime ? "one thread's processor time" : "elapsed time")}");
        Console.WriteLine("| operation | implementation | median ms | fused is … times as fast |");
        Console.WriteLine("|---|---|---:|---:|");
        var fused = FusedKernels.Managed;
        using (var copy = new CopyCase())
        using (var step = new PgdStepCase(rounds: false))
        using (var rounded = new PgdStepCase(rounds: true))
        {
            var times = Compare(
                "PGD step, 3×1,024×1,024", rounds, ("managed", () => step.Run(fused)), ("torch expression", step.Expression),
                ("copy of as many bytes", copy.Run));
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| | copy ceiling {PgdStepCase.Bytes / times[2] / 1e6:f1} GB/s; the step reaches {100 * times[2] / times[0]:f0} % of it | | |"));
            Compare(
                "PGD step with 8-bit rounding", rounds, ("managed", () => rounded.Run(fused)), ("torch expression", () => rounded.Run(FusedKernels.Torch)));
        }

        foreach (var type in (ScalarType[])[float32, bfloat16])
        {
            using var attention = new AttentionCase(type);
            Compare($"cross-attention, 8×4,096×77×40, {type}, forward + backward", rounds,
                ("managed, with capture", () => attention.Fused(fused)), ("explicit softmax, with capture", attention.Explicit),
                ("sdpa, no capture", attention.Sdpa));
        }

        foreach (
            var (type, images, channels, side) in ((ScalarType, int, int, int)[])[(float32, 1, 320, 64), (bfloat16, 1, 320, 64), (float32, 16, 64, 8),
            (bfloat16, 16, 64, 8)])
        {
            using var norm = new GroupNormCase(type, images, channels, side);
            Compare(
                $"group norm + SiLU, {images}×{channels}×{side}×{side}, channels last, {type}, forward + backward", rounds,
                ("managed", () => norm.Fused(fused)), ("torch expression", norm.Expression));
        }

        using (var adam = new AdamWCase())
            Compare("AdamW with clipping, 6,881,280 weights", rounds, ("managed", () => adam.Fused(fused)), ("torch optimizer", adam.Torch));
        return 0;
    }

    /// <summary>The forms that the models' attention chooses from, over the shapes of the embedded model and of SD 1.5.</summary>
    internal static int RunAttention(int rounds)
    {
        s_clock = () => ThreadClock.Milliseconds;
        set_num_threads(1);
        Console.WriteLine($"{FusedKernels.Managed.Description}, medians of {rounds} rounds of one thread's processor time, forward + backward, no capture");
        Console.WriteLine("| batch × heads × queries × keys × size | form | median ms | fused is … times as fast |");
        Console.WriteLine("|---|---|---:|---:|");
        // The small shapes last no longer than it takes to compile the code for good, which happens in the background.
        foreach (var type in (ScalarType[])[float32, bfloat16])
        {
            using var warm = new AttentionCase(type, 1, 4, 64, 16, 16);
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 4;) warm.FusedOnly(FusedKernels.Managed);
        }

        foreach (var type in (ScalarType[])[float32, bfloat16])
            foreach (var (batch, heads, queries, keys, size) in ((int, int, int, int, int)[])
                [(4, 4, 64, 16, 16), (4, 4, 64, 64, 16), (16, 4, 64, 16, 16), (4, 4, 16, 16, 24), (4, 4, 4, 16, 32), (1, 8, 4096, 77, 40),
                    (1, 8, 1024, 77, 80), (1, 8, 256, 77, 160), (1, 8, 64, 77, 160), (1, 8, 64, 64, 160)])
            {
                using var attention = new AttentionCase(type, batch, heads, queries, keys, size);
                Compare(
                    $"{type} {batch} × {heads} × {queries} × {keys} × {size}", rounds, ("fused", () => attention.FusedOnly(FusedKernels.Managed)),
                    ("explicit", attention.ExplicitOnly), ("sdpa", attention.Sdpa));
            }

        return 0;
    }

    private static double[] Compare(string operation, int rounds, params (string Name, Action Call)[] candidates)
    {
        var times = new double[candidates.Length][];
        for (var c = 0; c < candidates.Length; c++)
        {
            times[c] = new double[rounds];
            for (var warm = 0; warm < 5; warm++) candidates[c].Call();
        }

        for (var r = 0; r < rounds; r++)
        {
            for (var c = 0; c < candidates.Length; c++)
            {
                var start = s_clock();
                candidates[c].Call();
                times[c][r] = s_clock() - start;
            }
        }

        var medians = times.Select(t => t.Order().ElementAt(rounds / 2)).ToArray();
        for (var c = 0; c < candidates.Length; c++)
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {(c == 0 ? operation : "")} | {candidates[c].Name} | {medians[c]:f2} | {(c == 0 ? "" : $"{medians[c] / medians[0]:f1}")} |"));
        return medians;
    }
}
