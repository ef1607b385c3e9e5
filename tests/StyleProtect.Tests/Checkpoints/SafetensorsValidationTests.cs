using StyleProtect.Diffusion.Checkpoints;
using Xunit;
using static StyleProtect.Tests.Checkpoints.SafetensorsBytes;

namespace StyleProtect.Tests.Checkpoints;

/// <summary>Damaged and malicious files are refused, with a message that says what is wrong, before anything is allocated for them.</summary>
public class SafetensorsValidationTests
{
    private static readonly string s_a = Entry("a", "F32", "[2]", 0, 8);

    public static TheoryData<string, byte[], string> Bad() => new()
    {
        { "empty", [], "only 0 bytes" },
        { "seven bytes", new byte[7], "only 7 bytes" },
        { "no header", Of("", 0), "does not start with '{'" },
        { "leading space", Of(" {}", 0), "does not start with '{'" },
        { "array", Of("[]", 0), "does not start with '{'" },
        { "header longer than the file", Of("{}", 0, 3), "truncated" },
        { "header of 2^63", Of("{}", 0, 1UL << 63), "claims 9223372036854775808 bytes" },
        { "header of 2^64-1", Of("{}", 0, ulong.MaxValue), "claims 18446744073709551615 bytes" },
        { "header just over the limit", Of("{}", 0, 100_000_001), "more than the 100000000" },
        { "truncated data", Of($"{{{s_a}}}", 7), "truncated" },
        { "no data", Of($"{{{s_a}}}", 0), "truncated" },
        { "trailing bytes", Of($"{{{s_a}}}", 9), "1 bytes at the end" },
        { "data without tensors", Of("{}", 4), "4 bytes at the end" },
        { "same data twice", Of($"{{{s_a},{Entry("b", "F32", "[2]", 0, 8)}}}", 8), "overlaps" },
        { "partial overlap", Of($"{{{s_a},{Entry("b", "F32", "[2]", 4, 12)}}}", 12), "overlaps" },
        { "empty tensor inside another", Of($"{{{s_a},{Entry("b", "F32", "[0]", 4, 4)}}}", 8), "overlaps" },
        { "gap between", Of($"{{{s_a},{Entry("b", "F32", "[2]", 12, 20)}}}", 20), "4 bytes before tensor 'b'" },
        { "gap at the start", Of($"{{{Entry("b", "F32", "[2]", 4, 12)}}}", 12), "4 bytes before tensor 'b'" },
        { "negative offset", Of($"{{{Entry("a", "F32", "[2]", -8, 0)}}}", 8), "data_offsets [-8, 0]" },
        { "backwards", Of($"{{{Entry("a", "F32", "[0]", 8, 0)}}}", 8), "data_offsets [8, 0]" },
        { "offsets that do not fit the shape", Of($"{{{Entry("a", "F32", "[3]", 0, 8)}}}", 8), "needs 12 bytes" },
        { "offset of 2^63-1", Of($"{{{Entry("a", "U8", "[9223372036854775807]", 0, long.MaxValue)}}}", 8), "truncated" },
        { "overflowing shape", Of($"{{{Entry("a", "F32", "[4294967296,4294967296]", 0, 0)}}}", 0), "overflows" },
        { "overflow hidden by a zero", Of($"{{{Entry("a", "F32", "[0,4294967296,4294967296]", 0, 0)}}}", 0), "overflows" },
        { "zero first, then overflow in bytes only", Of($"{{{Entry("a", "F64", "[0,2305843009213693952]", 0, 0)}}}", 0), "overflows" },
        { "negative dimension", Of($"{{{Entry("a", "F32", "[-1]", 0, 8)}}}", 8), "negative dimension" },
        { "two negative dimensions", Of($"{{{Entry("a", "F32", "[-1,-2]", 0, 8)}}}", 8), "negative dimension" },
        { "fractional dimension", Of($"{{{Entry("a", "F32", "[2.5]", 0, 8)}}}", 8), "not valid JSON of the safetensors layout" },
        { "dimension of 2^64", Of($"{{{Entry("a", "F32", "[18446744073709551616]", 0, 8)}}}", 8), "not valid JSON of the safetensors layout" },
        { "rank 17", Of($"{{{Entry("a", "F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]", 0, 8)}}}", 8), "more than 16 numbers" },
        { "three offsets", Of("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8), "more than 2 numbers" },
        { "one offset", Of("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}""", 8), "two data_offsets" },
        { "no dtype", Of("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", 8), "needs dtype" },
        { "dtype null", Of("""{"a":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}""", 8), "needs dtype" },
        { "dtype number", Of("""{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}""", 8), "not valid JSON of the safetensors layout" },
        { "unknown dtype", Of($"{{{Entry("a", "F7", "[8]", 0, 8)}}}", 8), "'F7', which is not supported" },
        { "size of an fp8 tensor", Of($"{{{Entry("a", "F8_E4M3", "[9]", 0, 8)}}}", 8), "needs 9 bytes" },
        { "size of an fp4 tensor", Of($"{{{Entry("a", "F4", "[18]", 0, 8)}}}", 8), "needs 9 bytes" },
        { "dtype in small letters", Of($"{{{Entry("a", "f32", "[2]", 0, 8)}}}", 8), "'f32', which is not supported" },
        { "shape as text", Of("""{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", 8), "StartArray expected" },
        { "text in the shape", Of("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", 8), "not a number" },
        { "unknown field", Of("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", 8), "unknown or repeated field 'x'" },
        { "repeated field", Of("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8), "unknown or repeated field 'dtype'" },
        { "entry that is no object", Of("""{"a":1}""", 0), "StartObject expected" },
        { "duplicate key", Of($"{{{s_a},{Entry("a", "F32", "[2]", 8, 16)}}}", 16), "'a' occurs twice" },
        { "duplicate key by escape", Of($"{{{s_a},{Entry("\\u0061", "F32", "[2]", 8, 16)}}}", 16), "'a' occurs twice" },
        { "metadata twice", Of("""{"__metadata__":{},"__metadata__":{}}""", 0), "occurs twice" },
        { "metadata key twice", Of("""{"__metadata__":{"k":"1","k":"2"}}""", 0), "'k' occurs twice" },
        { "metadata number", Of("""{"__metadata__":{"k":1}}""", 0), "'k' is not a string" },
        { "metadata nested", Of("""{"__metadata__":{"k":{"a":"b"}}}""", 0), "'k' is not a string" },
        { "deep", Of("""{"a":""" + string.Concat(Enumerable.Repeat("[", 100_000)), 0), "header" },
        { "deep objects", Of(string.Concat(Enumerable.Repeat("""{"a":""", 100_000)), 0), "unknown or repeated field 'a'" },
        { "unfinished", Of("""{"a":{"dtype":"F32",""", 0), "not valid JSON of the safetensors layout" },
        { "two objects", Of("{}{}", 0), "header" },
        { "comment", Of("{/* */}", 0), "not valid JSON of the safetensors layout" },
        { "trailing comma", Of($"{{{s_a},}}", 8), "not valid JSON of the safetensors layout" },
        { "unpaired surrogate in a key", Of($"{{{Entry("\\ud800", "F32", "[2]", 0, 8)}}}", 8), "not valid JSON of the safetensors layout" },
        { "invalid UTF-8 in a key", Of([.. "{\""u8, 0xFF, 0xFE, .. "\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"u8], 8),
            "not valid JSON of the safetensors layout" },
        { "invalid UTF-8 in the dtype", Of([.. "{\"a\":{\"dtype\":\""u8, 0xC3, .. "\",\"shape\":[2],\"data_offsets\":[0,8]}}"u8], 8),
            "not valid JSON of the safetensors layout" },
        { "byte order mark", Of([0xEF, 0xBB, 0xBF, .. "{}"u8], 0), "does not start with '{'" },
        { "NUL", Of("{}\0", 0), "header" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_bad_file_is_refused_and_says_why(string what, byte[] bytes, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder["weights.safetensors"];
        File.WriteAllBytes(path, bytes);
        var e = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.True(e.Message.Contains(path, StringComparison.Ordinal), what);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(folder["none"], Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(folder["none"])).FileName);
        Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(folder.Path));
    }

    [Fact]
    public void Names_in_messages_are_short_and_harmless()
    {
        using var folder = new TemporaryFolder();
        var path = folder["weights.safetensors"];
        File.WriteAllBytes(path, Of($"{{{Entry("\\u001b[2J" + new string('x', 100_000), "Q", "[2]", 0, 8)}}}", 8));
        var e = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.DoesNotContain('\u001b', e.Message);
        Assert.True(e.Message.Length < 500 + path.Length);
    }

    [Fact]
    public void A_refused_file_is_not_kept_open()
    {
        using var folder = new TemporaryFolder();
        var path = folder["weights.safetensors"];
        File.WriteAllBytes(path, Of("{}", 4));
        Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        File.WriteAllText(path, "free");
    }

    [Fact]
    public void Changed_bytes_give_a_valid_file_or_the_one_exception_and_no_large_allocation()
    {
        byte[][] seeds =
        [
            Of($"{{\"__metadata__\":{{\"format\":\"pt\"}},{s_a},{Entry("b.weight", "I64", "[1,3]", 8, 32)},{Entry("e", "BF16", "[0,4]", 32, 32)}," +
                $"{Entry("s", "BOOL", "[]", 32, 33)}}}  ", 33),
            Of($"{{{Entry("x", "F16", "[2,2]", 0, 8)}}}", 8),
        ];
        var random = new Random(20240607);
        var valid = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        const int Rounds = 10_000;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = (byte[])seeds[round % seeds.Length].Clone();
            for (var n = random.Next(1, 5); n > 0; n--) Mutate(ref bytes, random);
            try
            {
                if (bytes.Length < 8) continue;
                var length = BitConverter.ToUInt64(bytes);
                if (length > (ulong)bytes.Length - 8) continue; // what Open refuses before it parses; see the cases above
                var header = SafetensorsHeader.Parse(bytes.AsSpan(8, (int)length), bytes.Length - 8 - (long)length, "fuzz");
                Assert.All(header.Entries.Values, e => Assert.True(e.Begin >= 0 && e.Length >= 0 && e.Begin + e.Length <= bytes.Length));
                valid++;
            }
            catch (SafetensorsException)
            {
                // The expected answer to most of them.
            }
        }

        Assert.InRange(valid, Rounds / 100, Rounds);
        Assert.True((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds < 100_000);
    }

    [Fact]
    public void Changed_files_on_disk_open_and_read_or_throw_the_one_exception()
    {
        using var folder = new TemporaryFolder();
        var seed = Of($"{{{s_a},{Entry("b", "I64", "[1,3]", 8, 32)},{Entry("t", "BOOL", "[1]", 32, 33)}}}", 33);
        var random = new Random(7);
        var read = 0;
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])seed.Clone();
            for (var n = random.Next(1, 4); n > 0; n--) Mutate(ref bytes, random);
            var path = folder[$"{round}.safetensors"];
            File.WriteAllBytes(path, bytes);
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var name in file.Entries.Keys)
                {
                    using var tensor = file.Read(name);
                    Assert.Equal(file.Entries[name].Shape, tensor.shape);
                    read++;
                }
            }
            catch (SafetensorsException)
            {
                // The expected answer to most of them.
            }

            File.Delete(path);
        }

        Assert.True(read > 20);
    }

    private static void Mutate(ref byte[] bytes, Random random)
    {
        ReadOnlySpan<byte> telling = "0123456789-+.eE[]{}\",:\\u FIB\0\xFF"u8;
        var at = bytes.Length == 0 ? 0 : random.Next(bytes.Length);
        switch (bytes.Length == 0 ? 4 : random.Next(6))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2 or 5: bytes[at] = telling[random.Next(telling.Length)]; break;
            case 3: bytes = [.. bytes[..at], .. bytes[(at + 1)..]]; break;
            default: bytes = [.. bytes[..at], telling[random.Next(telling.Length)], .. bytes[at..]]; break;
        }
    }
}
