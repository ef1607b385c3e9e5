using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>How a set of four pictures of 1,024 × 1,024 fits into this machine's memory with the model and the default settings.</summary>
internal sealed class MemoryPlanCheck(Func<StyleProtectorOptions, MemoryPlan> plan) : IDoctorCheck
{
    private const int Pictures = 4, Side = 1024;

    public string Name => "memory plan";

    /// <summary>The plan of this machine.</summary>
    internal static MemoryPlan OfThisMachine(StyleProtectorOptions model) =>
        MemoryPlan.For(model, [.. Enumerable.Repeat((Side, Side), Pictures)]);

    public Finding Run(StyleProtectorOptions model)
    {
        try
        {
            var p = plan(model);
            return Finding.Ok(Name, $"{Pictures} pictures of {Side} × {Side}: {PlanText.Summary(p)}; {PlanText.Step(p)}") with
            {
                Facts = new Dictionary<string, object?>
                {
                    ["limit"] = p.Limit,
                    ["estimate"] = p.Estimate,
                    ["smallest"] = p.Smallest,
                    ["views"] = p.Views,
                    ["viewsAtOnce"] = p.MicroBatch,
                    ["encoderSegments"] = p.EncoderSegments,
                    ["tile"] = p.Tile,
                    ["parts"] = p.Parts,
                },
            };
        }
        catch (ProtectionException e)
        {
            return Finding.Warn(Name, e.Message, "Close other programs, raise the container's limit, or take one picture at a time (--batch 1).");
        }
        catch (Exception e)
        {
            return Finding.Warn(Name, $"not planned: {e.Message}", "See the findings on libtorch and the model.");
        }
    }
}
