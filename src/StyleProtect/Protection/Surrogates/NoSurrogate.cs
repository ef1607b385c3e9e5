using static TorchSharp.torch;

namespace StyleProtect.Protection.Surrogates;

/// <summary>The model stays as it is (AdvDM).</summary>
internal sealed class NoSurrogate : ISurrogate
{
    public long ParameterCount => 0;

    public void Prepare(int step, Func<bool, Tensor> view, CancellationToken cancellationToken) { }

    public void Descend() { }

    public void Dispose() { }
}
