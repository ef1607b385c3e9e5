using static TorchSharp.torch;

namespace StyleProtect.Kernels.Cuda;

/// <summary>Where the kernels' memory comes from: torch's CUDA tensors, or (in tests) copies of CPU tensors on the device.</summary>
internal interface IDeviceTensors
{
    /// <summary>Throws unless the kernels can work on a tensor.</summary>
    void Require(Tensor tensor);

    /// <summary>Makes a tensor's memory addressable until the result is disposed; what was written is then visible in the tensor.</summary>
    IDeviceTensor Map(Tensor tensor, bool isWritten);

    /// <summary>Memory for one call.</summary>
    IDeviceTensor Workspace(Tensor like, long bytes);
}

/// <summary>Device memory for the time of one call.</summary>
internal interface IDeviceTensor : IDisposable
{
    /// <summary>Address of the first element.</summary>
    ulong Address { get; }
}
