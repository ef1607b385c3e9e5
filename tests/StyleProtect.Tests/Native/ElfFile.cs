using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace StyleProtect.Tests.Native;

/// <summary>The dynamic symbols, dependencies and version requirements of an ELF64 little-endian library.</summary>
internal sealed class ElfFile
{
    private const uint DynamicSection = 6, DynamicSymbols = 11, VersionNeeds = 0x6ffffffe;
    private readonly byte[] _image;

    internal ElfFile(string path)
    {
        _image = File.ReadAllBytes(path);
        Assert.True(_image.AsSpan(0, 4).SequenceEqual("\u007fELF"u8), $"{path} is not an ELF file");
        foreach (var section in Sections())
        {
            if (section.Type == DynamicSymbols) ReadSymbols(section);
            if (section.Type == DynamicSection) ReadDynamic(section);
            if (section.Type == VersionNeeds) ReadVersions(section);
        }
    }

    /// <summary>Names of the symbols that the library offers.</summary>
    internal List<string> Exports { get; } = [];

    internal List<string> Needed { get; } = [];

    internal List<string> RunPaths { get; } = [];

    /// <summary>Versions asked of other libraries, such as GLIBC_2.34.</summary>
    internal List<string> Versions { get; } = [];

    private void ReadSymbols(Section table)
    {
        for (var at = table.Offset; at < table.Offset + table.Size; at += 24)
            if (U16(at + 6) != 0 && _image[at + 4] >> 4 != 0) Exports.Add(Text(table.Strings + U32(at)));
    }

    private void ReadDynamic(Section table)
    {
        for (var at = table.Offset; at < table.Offset + table.Size; at += 16)
        {
            var text = table.Strings + (long)U64(at + 8);
            if (U64(at) == 1) Needed.Add(Text(text));
            if (U64(at) is 15 or 29) RunPaths.Add(Text(text));
        }
    }

    private void ReadVersions(Section table)
    {
        var need = table.Offset;
        for (uint n = 0; n < table.Info; n++)
        {
            var aux = need + (int)U32(need + 8);
            for (var i = 0; i < U16(need + 2); i++, aux += (int)U32(aux + 12)) Versions.Add(Text(table.Strings + U32(aux + 8)));
            need += (int)U32(need + 12);
        }
    }

    private IEnumerable<Section> Sections()
    {
        int table = (int)U64(0x28), size = U16(0x3A), count = U16(0x3C);
        for (var i = 0; i < count; i++)
        {
            var at = table + i * size;
            var strings = (long)U64(table + (int)U32(at + 0x28) * size + 0x18);
            yield return new Section(U32(at + 4), (int)U64(at + 0x18), (int)U64(at + 0x20), U32(at + 0x2C), strings);
        }
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_image.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_image.AsSpan(at));

    private ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_image.AsSpan(at));

    private string Text(long at)
    {
        var rest = _image.AsSpan((int)at);
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private readonly record struct Section(uint Type, int Offset, int Size, uint Info, long Strings);
}
