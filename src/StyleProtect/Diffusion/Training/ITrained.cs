using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Training;

/// <summary>What a mimic, or a protection's stand-in for one, trains in a loaded model. Disposing puts the model back as it was, bit for bit.</summary>
internal interface ITrained : IDisposable
{
    /// <summary>What AdamW steps: fp32, contiguous.</summary>
    IReadOnlyList<Tensor> Masters { get; }

    /// <summary>What collects the gradients, one for each master; often the master itself.</summary>
    IReadOnlyList<Tensor> Leaves { get; }

    /// <summary>Carries changed masters into the model.</summary>
    void Publish();
}
