namespace StyleProtect.Native;

/// <summary>Status of a call of the native library (SP_* of its header).</summary>
internal enum NativeCode
{
    Ok = 0,
    InvalidArgument = 1,
    Unavailable = 2,
    Driver = 3,
    Internal = 4,
}
