using System.Runtime.Intrinsics;
using StyleProtect.Kernels.Managed;
using Xunit;

namespace StyleProtect.Tests.Kernels;

public sealed class VectorExpTests
{
    [Fact]
    public void Powers_of_two_are_right_to_two_units_in_the_last_place()
    {
        for (var x = -126f; x < 127; x += 0.0137f)
        {
            AssertNear(Math.Pow(2, x), VectorExp<Vector256<float>, Simd256>.PowerOfTwo(Vector256.Create(x))[3], x);
            AssertNear(Math.Pow(2, x), VectorExp<Vector512<float>, Simd512>.PowerOfTwo(Vector512.Create(x))[9], x);
        }
    }

    [Fact]
    public void Exponentials_are_right_to_two_units_in_the_last_place()
    {
        for (var x = -87f; x < 88; x += 0.0137f)
        {
            AssertNear(Math.Exp(x), VectorExp<Vector256<float>, Simd256>.Of(Vector256.Create(x))[3], x);
            AssertNear(Math.Exp(x), VectorExp<Vector512<float>, Simd512>.Of(Vector512.Create(x))[9], x);
        }
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-3f, 0.125f)]
    [InlineData(float.NegativeInfinity, 1.1754944e-38f)]
    [InlineData(-1000f, 1.1754944e-38f)]
    [InlineData(float.NaN, float.NaN)]
    public void Special_powers(float x, float expected)
    {
        Assert.Equal(expected, VectorExp<Vector256<float>, Simd256>.PowerOfTwo(Vector256.Create(x))[0]);
        Assert.Equal(expected, VectorExp<Vector512<float>, Simd512>.PowerOfTwo(Vector512.Create(x))[0]);
    }

    private static void AssertNear(double expected, float value, float x) =>
        Assert.True(Math.Abs(value - expected) <= 2 * Math.ScaleB(1, Math.ILogB(expected) - 23), $"{x}: {value} instead of {expected}");
}
