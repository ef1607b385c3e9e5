using StyleProtect.Protection;

namespace StyleProtect.Cli.Text;

/// <summary>A memory plan in words.</summary>
internal static class PlanText
{
    internal static string Summary(MemoryPlan plan) =>
        $"at most {Format.Bytes(plan.Estimate)} of {(plan.Limit is { } limit ? $"{Format.Bytes(limit)} ({plan.LimitOrigin})" : plan.LimitOrigin)}, " +
            $"{Format.Bytes(plan.Smallest)} would do";

    internal static string Parts(MemoryPlan plan) => string.Join(", ", plan.Parts.Select(p => $"{p.Key} {Format.Bytes(p.Value)}"));

    internal static string Step(MemoryPlan plan) => plan.Views == 0
        ? "no steps"
        : $"{plan.Views} {(plan.Views == 1 ? "view" : "views")} of {plan.Resolution} × {plan.Resolution} in a step, micro-batches of {plan.MicroBatch}; " +
            "encoder " +
          (plan.EncoderSegments == 0 ? "keeps its graph" : $"computed again in {plan.EncoderSegments} {(plan.EncoderSegments == 1 ? "segment" : "segments")}") +
          (plan.Tile is { } tile ? $", in tiles of {tile} × {tile} (an approximation)" : ", whole views (exact)");
}
