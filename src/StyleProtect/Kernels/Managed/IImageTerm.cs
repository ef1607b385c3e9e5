namespace StyleProtect.Kernels.Managed;

/// <summary>What <see cref="ImageReduction"/> sums.</summary>
internal interface IImageTerm<TVector, TSimd>
    where TVector : unmanaged
    where TSimd : ISimd<TVector>
{
    /// <summary>The terms at <paramref name="index"/> of the batch and the following positions.</summary>
    TVector At(nint index, int image);

    /// <summary>The one term at <paramref name="index"/>.</summary>
    float ScalarAt(nint index, int image);
}
