namespace StyleProtect.Native;

/// <summary>Names of the CUDA driver's error codes that a user can meet.</summary>
internal static class CudaError
{
    /// <summary>The code with its name and, where it helps, what it means.</summary>
    internal static string Describe(int code) => code switch
    {
        1 => "CUDA_ERROR_INVALID_VALUE (1)",
        2 => "CUDA_ERROR_OUT_OF_MEMORY (2)",
        3 => "CUDA_ERROR_NOT_INITIALIZED (3)",
        34 => "CUDA_ERROR_STUB_LIBRARY (34): this libcuda is a link-time stub",
        46 => "CUDA_ERROR_DEVICE_UNAVAILABLE (46): another process holds the device exclusively",
        100 => "CUDA_ERROR_NO_DEVICE (100): the driver finds no GPU",
        101 => "CUDA_ERROR_INVALID_DEVICE (101)",
        200 => "CUDA_ERROR_INVALID_IMAGE (200)",
        209 => "CUDA_ERROR_NO_BINARY_FOR_GPU (209): the kernels hold no code for this device",
        218 => "CUDA_ERROR_INVALID_PTX (218)",
        222 => "CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222): the driver is too old for the kernels' PTX",
        500 => "CUDA_ERROR_NOT_FOUND (500)",
        700 => "CUDA_ERROR_ILLEGAL_ADDRESS (700)",
        701 => "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (701)",
        715 => "CUDA_ERROR_ILLEGAL_INSTRUCTION (715)",
        716 => "CUDA_ERROR_MISALIGNED_ADDRESS (716)",
        719 => "CUDA_ERROR_LAUNCH_FAILED (719)",
        803 => "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803): libcuda and the kernel module are of different versions",
        999 => "CUDA_ERROR_UNKNOWN (999): often the kernel module is not loaded",
        _ => $"CUDA error {code}",
    };
}
