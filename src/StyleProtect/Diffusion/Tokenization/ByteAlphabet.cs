namespace StyleProtect.Diffusion.Tokenization;

/// <summary>The printable character that stands for each byte in a byte-level vocabulary: printable bytes for themselves, the others from U+0100 on.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = Make();

    internal static char Of(byte value) => s_characters[value];

    private static char[] Make()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var b = 0; b < 256; b++)
            characters[b] = (char)(b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? b : next++);
        return characters;
    }
}
