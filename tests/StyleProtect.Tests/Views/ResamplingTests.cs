using CsCheck;
using StyleProtect.Runtime.Views;
using StyleProtect.Tests.Infrastructure;
using Xunit;

namespace StyleProtect.Tests.Views;

/// <summary>Resampling against Pillow's own results, up and down, for every filter.</summary>
public sealed class ResamplingTests
{
    private const int Width = 40, Height = 48;

    public static TheoryData<string, int, int> Cases { get; } = new(
        from filter in (string[])["Box", "Bilinear", "Bicubic", "Lanczos"]
        from size in ((int, int)[])[(20, 24), (17, 31), (64, 80), (40, 96)]
        select (filter, size.Item1, size.Item2));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_Pillow_sample_for_sample(string filter, int width, int height)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var golden = new Golden("image/pil_ops");
        var source = golden["in.a"].data<byte>().ToArray();
        var expected = golden[$"out.pil_{filter.ToLowerInvariant()}_{width}x{height}"].data<byte>().ToArray();
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = new float[Width * Height];
            for (var i = 0; i < plane.Length; i++) plane[i] = source[3 * i + channel];
            var resized = PillowResize.Resize(plane, Width, Height, width, height, Enum.Parse<ResamplingFilter>(filter));
            var differences = resized.Select((v, i) => Math.Abs((int)v - expected[3 * i + channel])).ToArray();
            Assert.True(differences.All(d => d == 0), $"{differences.Count(d => d > 0)} of {differences.Length} samples differ, by up to {differences.Max()}");
        }
    }

    [Fact]
    public void Rows_sum_to_one() =>
        Gen.Select(Gen.Int[1, 80], Gen.Int[1, 80], Gen.Double[0, 0.45], Gen.Double[0.55, 1], Gen.Enum<ResamplingFilter>())
            .Sample((source, target, from, to, filter) =>
        {
            var matrix = Resampling.Matrix(source, target, from * source, to * source, filter);
            for (var row = 0; row < target; row++)
            {
                double sum = 0;
                for (var i = 0; i < source; i++) sum += matrix[row * source + i];
                Assert.Equal(1, sum, 1e-5);
            }
        }, iter: 1000);

    [Fact]
    public void The_same_size_is_the_identity() =>
        Gen.Select(Gen.Int[1, 60], Gen.Enum<ResamplingFilter>()).Sample((size, filter) =>
        {
            var matrix = Resampling.Matrix(size, size, 0, size, filter);
            for (var i = 0; i < matrix.Length; i++) Assert.Equal(i % (size + 1) == 0 ? 1 : 0, matrix[i], 1e-6);
        }, iter: 100);

    [Theory]
    [InlineData(0, 4, 0, 0)]
    [InlineData(4, 0, 0, 4)]
    [InlineData(4, 4, -1, 4)]
    [InlineData(4, 4, 0, 5)]
    [InlineData(4, 4, 2, 2)]
    public void Impossible_parts_are_refused(int source, int target, double from, double to) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampling.Matrix(source, target, from, to, ResamplingFilter.Bicubic));
}
