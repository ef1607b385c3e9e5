using StyleProtect.Protection;

namespace StyleProtect.Cli.Protecting;

/// <summary><c>--model</c>, <c>--device</c> and <c>--precision</c>.</summary>
internal static class ComputeWords
{
    /// <summary>What an engine is made of; null stands for what was not typed.</summary>
    internal static StyleProtectorOptions Engine(string? model, string? device, ProtectionOptions defaults)
    {
        var options = new StyleProtectorOptions { Defaults = defaults, Device = Device(device) };
        if (model is not null) options.ModelPath = model;
        return options;
    }

    private static ComputeDevice Device(string? text) => text is null
        ? ComputeDevice.Auto
        : WordReader.Choice("--device", text, ("auto", ComputeDevice.Auto), ("cpu", ComputeDevice.Cpu), ("cuda", ComputeDevice.Cuda));

    internal static Precision Precision(string? text) => text is null
        ? StyleProtect.Protection.Precision.Auto
        : WordReader.Choice("--precision", text, ("auto", StyleProtect.Protection.Precision.Auto), ("reference", StyleProtect.Protection.Precision.Reference), ("bf16", StyleProtect.Protection.Precision.BFloat16));
}
