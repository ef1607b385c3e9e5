namespace StyleProtect.Kernels.Cuda;

/// <summary>Device memory for the time of one call.</summary>
internal interface IDeviceTensor : IDisposable
{
    /// <summary>Address of the first element.</summary>
    ulong Address { get; }
}
