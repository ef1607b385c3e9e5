using StyleProtect.Cli.Text;

namespace StyleProtect.Cli.Doctor;

/// <summary>Whether libtorch computes the model's convolutions rightly on this processor; for some shapes on some processors it silently does not.</summary>
internal sealed class ConvolutionCheck(Func<string, IReadOnlyList<ConvolutionResult>> run) : IDoctorCheck
{
    public string Name => "convolutions";

    public Finding Run(string modelPath)
    {
        IReadOnlyList<ConvolutionResult> results;
        try
        {
            results = run(modelPath);
        }
        catch (Exception e) when (e is IOException or DllNotFoundException)
        {
            return Finding.Fail(Name, $"could not be checked: {e.Message}", "See model and libtorch.");
        }

        var wrong = results.Where(r => !r.IsRight).ToArray();
        var facts = new Dictionary<string, object?> { ["checked"] = results.Count, ["wrong"] = wrong.Select(w => $"{w.Signature} {w.Type}").ToArray(), ["largestError"] = results.Select(r => r.Error).DefaultIfEmpty(0).Max() };
        var finding = wrong.Length == 0
            ? Finding.Ok(Name, $"{results.Count} kinds agree with float64 in output and gradients")
            : Finding.Fail(Name, $"{wrong.Length} of {results.Count} kinds are wrong, first {wrong[0].Signature} {wrong[0].Type} with relative error {Format.Number(wrong[0].Error, "0.###")}", "Use --precision reference or another processor: a protection would be spoiled silently.");
        return finding with { Facts = facts };
    }
}
