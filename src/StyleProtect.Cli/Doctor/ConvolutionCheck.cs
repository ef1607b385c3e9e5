using StyleProtect.Cli.Text;
using StyleProtect.Protection;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether libtorch computes the model's convolutions rightly on this processor; for some shapes on some processors it silently does not.</summary>
internal sealed class ConvolutionCheck(Func<StyleProtectorOptions, IReadOnlyList<ConvolutionDiagnosis>> run) : IDoctorCheck
{
    public string Name => "convolutions";

    public Finding Run(StyleProtectorOptions model)
    {
        IReadOnlyList<ConvolutionDiagnosis> results;
        try
        {
            results = run(model);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            return Finding.Fail(Name, $"could not be checked: {e.Message}", "See model and libtorch.");
        }

        var wrong = results.Where(r => !r.IsRight).ToArray();
        var types = string.Join(", ", results.Select(r => r.Type).Distinct(StringComparer.Ordinal));
        var worst = results.Select(r => r.Error).DefaultIfEmpty(0).Max();
        var finding = wrong.Length == 0
            ? Finding.Ok(Name, $"{results.Count} kinds ({types}) agree with float64 in output and gradients, largest relative error " +
                $"{Format.Number(worst, "0.0e0")}")
            : Finding.Fail(
                Name,
                $"{wrong.Length} of {results.Count} kinds are wrong, first {wrong[0].Signature} {wrong[0].Type} with relative error " +
                    $"{Format.Number(wrong[0].Error, "0.###")}",
                wrong.All(w => w.Type == "BFloat16")
                    ? "A protection would be spoiled silently: use --precision float32 (it is checked again then), or another processor."
                    : "A protection would be spoiled silently: use another processor or another version of libtorch.");
        return finding with
        {
            Facts = new Dictionary<string, object?>
            {
                ["checked"] = results.Count,
                ["types"] = types,
                ["wrong"] = wrong.Select(w => $"{w.Signature} {w.Type}").ToArray(),
                ["largestError"] = worst,
            },
        };
    }
}
