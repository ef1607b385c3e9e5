using StyleProtect.Protection;


namespace StyleProtect.Cli.Doctor;

/// <summary>Which device and arithmetic <c>--device auto --precision auto</c> take, and why: what a protection itself would resolve.</summary>
internal sealed class DeviceCheck(Func<ComputeChoice> resolve) : IDoctorCheck
{
    public string Name => "device";

    public Finding Run(StyleProtectorOptions model)
    {
        try
        {
            var choice = resolve();
            return Finding.Ok(Name, choice.Reason) with
            {
                Facts = new Dictionary<string, object?> { ["auto"] = choice.Device == ComputeDevice.Cuda ? "cuda" : "cpu", ["bf16"] = choice.IsBFloat16 },
            };
        }
        catch (DllNotFoundException)
        {
            return Finding.Fail(Name, "none: libtorch is not loaded", "See libtorch above.");
        }
    }
}
