using System.Buffers.Binary;
using System.Text;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Safetensors files put together by hand, valid or not.</summary>
internal static class SafetensorsBytes
{
    internal static byte[] Of(string header, int dataBytes, ulong? claimedLength = null) => Of(Encoding.UTF8.GetBytes(header), dataBytes, claimedLength);

    internal static byte[] Of(byte[] header, int dataBytes, ulong? claimedLength = null)
    {
        var bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, claimedLength ?? (ulong)header.Length);
        header.CopyTo(bytes, 8);
        for (var i = 8 + header.Length; i < bytes.Length; i++) bytes[i] = (byte)i;
        return bytes;
    }

    internal static string Entry(string name, string dtype, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
        """;
}
