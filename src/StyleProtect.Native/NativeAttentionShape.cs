using System.Runtime.InteropServices;

namespace StyleProtect.Native;

/// <summary>sp_attention_shape.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeAttentionShape
{
    internal int Batch;
    internal int Heads;
    internal int Queries;
    internal int Keys;
    internal int Size;
    internal int Type;
    internal float Scale;
}
