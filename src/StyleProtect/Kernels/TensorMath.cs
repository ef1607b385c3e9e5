using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Kernels;

/// <summary>
/// Arithmetic of a tensor with a number, named as in torch. TorchSharp 0.107 hands a number to torch as a managed object that frees native memory when it is
/// finalized, and lets go of it before the native call returns (also the factor of one inside <c>tensor + tensor</c>): a garbage collection in
/// between leaves torch reading freed memory, an "Unknown scalar type" at best and a wrong number at worst. Here the number lives through the call;
/// this repository's BannedSymbols.txt refuses the exposed forms, and methods of one's own should take these, too. A trailing underscore changes the tensor in
/// place.
/// </summary>
public static class TensorMath
{
    private static readonly Scalar s_one = 1L.ToScalar(), s_two = 2L.ToScalar();

    /// <summary>left + right.</summary>
    public static Tensor Add(this Tensor left, Tensor right) => left.add(right, s_one);

    /// <summary>left + right.</summary>
    public static Tensor Add(this Tensor left, long right) => With(left, right, static (t, n) => t.add(n, s_one));

    /// <summary>left + right.</summary>
    public static Tensor Add(this Tensor left, double right) => With(left, right, static (t, n) => t.add(n, s_one));

    /// <summary>left += right.</summary>
    public static Tensor Add_(this Tensor left, Tensor right) => left.add_(right, s_one);

    /// <summary>left += factor · right.</summary>
    public static Tensor Add_(this Tensor left, Tensor right, double factor) => With(left, right, factor, static (t, o, n) => t.add_(o, n));

    /// <summary>left += right.</summary>
    public static Tensor Add_(this Tensor left, double right) => With(left, right, static (t, n) => t.add_(n, s_one));

    /// <summary>left − right.</summary>
    public static Tensor Sub(this Tensor left, long right) => With(left, right, static (t, n) => t.sub(n));

    /// <summary>left − right.</summary>
    public static Tensor Sub(this Tensor left, double right) => With(left, right, static (t, n) => t.sub(n));

    /// <summary><paramref name="left"/> − <paramref name="right"/>.</summary>
    public static Tensor Rsub(this Tensor right, double left)
    {
        using var negative = right.neg();
        return negative.Add(left);
    }

    /// <summary>left · right.</summary>
    public static Tensor Mul(this Tensor left, long right) => With(left, right, static (t, n) => t.mul(n));

    /// <summary>left · right.</summary>
    public static Tensor Mul(this Tensor left, double right) => With(left, right, static (t, n) => t.mul(n));

    /// <summary>left *= right.</summary>
    public static Tensor Mul_(this Tensor left, double right) => With(left, right, static (t, n) => t.mul_(n));

    /// <summary>left ÷ right.</summary>
    public static Tensor Div(this Tensor left, double right) => With(left, right, static (t, n) => t.div(n));

    /// <summary>left ÷= right.</summary>
    public static Tensor Div_(this Tensor left, double right) => With(left, right, static (t, n) => t.div_(n));

    /// <summary><paramref name="left"/> ÷ <paramref name="right"/>.</summary>
    public static Tensor Rdiv(this Tensor right, double left)
    {
        using var number = tensor(left);
        return number.div(right);
    }

    /// <summary>Remainder of left ÷ right, with the sign of right.</summary>
    public static Tensor Remainder(this Tensor left, long right) => With(left, right, static (t, n) => t.remainder(n));

    /// <summary>value to a power.</summary>
    public static Tensor Pow(this Tensor value, double exponent) => With(value, exponent, static (t, n) => t.pow(n));

    /// <summary>value².</summary>
    public static Tensor Square(this Tensor value) => value.pow(s_two);

    /// <summary>value += factor · first · second.</summary>
    public static Tensor Addcmul_(this Tensor value, Tensor first, Tensor second, double factor)
    {
        using var number = factor.ToScalar();
        return value.addcmul_(first, second, number);
    }

    /// <summary>value += factor · numerator ÷ denominator.</summary>
    public static Tensor Addcdiv_(this Tensor value, Tensor numerator, Tensor denominator, double factor)
    {
        using var number = factor.ToScalar();
        return value.addcdiv_(numerator, denominator, number);
    }

    /// <summary>value, no smaller than min and no larger than max.</summary>
    public static Tensor Clamp(this Tensor value, double? min = null, double? max = null)
    {
        using Scalar? low = min?.ToScalar(), high = max?.ToScalar();
        return value.clamp(low, high);
    }

    /// <summary>Sets every element to a number.</summary>
    public static Tensor Fill_(this Tensor value, double number) => With(value, number, static (t, n) => t.fill_(n));

    /// <summary>value, with a number where the mask is true.</summary>
    public static Tensor MaskedFill(this Tensor value, Tensor mask, double number) => With(value, mask, number, static (t, m, n) => t.masked_fill(m, n));

    /// <summary>Whether left equals right, for each element.</summary>
    public static Tensor Eq(this Tensor left, long right) => With(left, right, static (t, n) => t.eq(n));

    /// <summary>Whether left differs from right, for each element.</summary>
    public static Tensor Ne(this Tensor left, long right) => With(left, right, static (t, n) => t.ne(n));

    /// <summary>Whether left is smaller than right, for each element.</summary>
    public static Tensor Lt(this Tensor left, double right) => With(left, right, static (t, n) => t.lt(n));

    /// <summary>Whether left is larger than right, for each element.</summary>
    public static Tensor Gt(this Tensor left, double right) => With(left, right, static (t, n) => t.gt(n));

    /// <summary>A tensor of one number.</summary>
    public static Tensor Full(ReadOnlySpan<long> shape, double value, ScalarType? dtype = null, Device? device = null)
    {
        using var number = value.ToScalar();
        return full(shape, number, dtype, device);
    }

    /// <summary>A tensor of one number in the shape, type and device of another.</summary>
    public static Tensor FullLike(Tensor like, double value) => With(like, value, static (t, n) => full_like(t, n));

    /// <summary>0, 1, …, <paramref name="stop"/> − 1.</summary>
    public static Tensor Arange(long stop, ScalarType? dtype = null, Device? device = null)
    {
        using Scalar zero = 0L.ToScalar(), end = stop.ToScalar();
        return arange(zero, end, s_one, dtype, device);
    }

    private static Tensor With(Tensor tensor, double value, Func<Tensor, Scalar, Tensor> operation)
    {
        using var number = value.ToScalar();
        return operation(tensor, number);
    }

    private static Tensor With(Tensor tensor, long value, Func<Tensor, Scalar, Tensor> operation)
    {
        using var number = value.ToScalar();
        return operation(tensor, number);
    }

    private static Tensor With(Tensor tensor, Tensor other, double value, Func<Tensor, Tensor, Scalar, Tensor> operation)
    {
        using var number = value.ToScalar();
        return operation(tensor, other, number);
    }
}
