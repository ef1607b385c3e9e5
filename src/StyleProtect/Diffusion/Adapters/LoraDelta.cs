using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Kernels;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Computes what an adapter adds to its layer's weight, in fp32.</summary>
internal static class LoraDelta
{
    /// <summary>The change of the weight at full strength; owned by the caller's dispose scope.</summary>
    /// <param name="file">The file.</param>
    /// <param name="entry">The adapter, checked.</param>
    /// <param name="shape">Of the weight.</param>
    /// <param name="device">Where to compute.</param>
    internal static Tensor Of(SafetensorsFile file, LoraEntry entry, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        var delta = entry.Kind switch
        {
            LoraKind.LowRank => LowRank().Mul(Scale(First(LoraRole.Down))),
            LoraKind.Hadamard => (Product(LoraRole.HadaW1A, LoraRole.HadaW1B, LoraRole.HadaT1) * Product(LoraRole.HadaW2A, LoraRole.HadaW2B, LoraRole.HadaT2))
                .Mul(Scale(First(LoraRole.HadaW1B))),
            LoraKind.Kronecker => Kronecker(),
            _ => entry.Has(LoraRole.Diff) ? Read(LoraRole.Diff) : zeros(shape, float32, device),
        };
        return delta.reshape(shape).MoveToOuterDisposeScope();

        Tensor Read(LoraRole role) => file.Read(entry.Keys[role]).to(float32).to(device);

        long First(LoraRole role) => file.Entries[entry.Keys[role]].Shape[0];

        double Scale(long rank) => LoraDelta.Scale(file, entry, rank);

        Tensor LowRank()
        {
            Tensor down = Read(LoraRole.Down), up = Read(LoraRole.Up).flatten(1);
            if (entry.Has(LoraRole.Mid)) down = einsum("ijkl,jr->irkl", Read(LoraRole.Mid), down.flatten(1));
            return matmul(up, down.flatten(1));
        }

        Tensor Product(LoraRole a, LoraRole b, LoraRole t) =>
            entry.Has(t) ? einsum("ijkl,ip,jr->prkl", Read(t), Read(a), Read(b)).flatten(1) : matmul(Read(a), Read(b));

        Tensor Kronecker()
        {
            var w1 = entry.Has(LoraRole.LokrW1) ? Read(LoraRole.LokrW1) : matmul(Read(LoraRole.LokrW1A), Read(LoraRole.LokrW1B));
            var w2 = entry.Has(LoraRole.LokrW2) ? Read(LoraRole.LokrW2) : Product(LoraRole.LokrW2A, LoraRole.LokrW2B, LoraRole.LokrT2);
            w2 = w2.reshape([shape[0] / w1.shape[0], shape[1] / w1.shape[1], .. shape[2..]]);
            for (var d = 2; d < shape.Length; d++) w1 = w1.unsqueeze(-1);
            // Where both factors are whole there is no rank, and nothing is scaled.
            var rank = entry.Has(LoraRole.LokrW2B) ? First(LoraRole.LokrW2B) : entry.Has(LoraRole.LokrW1B) ? First(LoraRole.LokrW1B) : 0;
            var product = kron(w1.contiguous(), w2.contiguous());
            return rank == 0 ? product : product.Mul(Scale(rank));
        }
    }

    /// <summary>α/r, or α/√r; without α one.</summary>
    internal static double Scale(SafetensorsFile file, LoraEntry entry, long rank)
    {
        var alpha = AlphaOf(file, entry) ?? rank;
        return alpha / (entry.IsRankStabilised ? Math.Sqrt(rank) : rank);
    }

    /// <summary>α: the file's tensor, else what the metadata declare; null where nothing says it.</summary>
    internal static double? AlphaOf(SafetensorsFile file, LoraEntry entry)
    {
        if (!entry.Keys.TryGetValue(LoraRole.Alpha, out var key)) return entry.Alpha;
        using var scope = NewDisposeScope();
        var alpha = file.Read(key).to(float64).item<double>();
        return double.IsFinite(alpha)
            ? alpha
            : throw new CheckpointException(FormattableString.Invariant($"{file.Path}: '{SafetensorsHeader.Shown(key)}' is {alpha}; it must be finite."));
    }

    /// <summary>
    /// DoRA (Liu et al. 2024): the changed weight with the learned lengths. peft keeps those of rows, LyCORIS those of rows [out, 1] or columns [1, in].
    /// </summary>
    internal static Tensor Rescaled(SafetensorsFile file, LoraEntry entry, Tensor changed)
    {
        using var scope = NewDisposeScope();
        var isPefts = entry.Keys.TryGetValue(LoraRole.Magnitude, out var key);
        key ??= entry.Keys[LoraRole.DoraScale];
        var lengths = file.Read(key).to(float32).to(changed.device).flatten();
        var ofRows = isPefts || file.Entries[key].Shape[0] == changed.shape[0];
        var matrix = ofRows ? changed.flatten(1) : changed.transpose(0, 1).flatten(1);
        var side = new long[changed.ndim];
        Array.Fill(side, 1);
        side[ofRows ? 0 : 1] = lengths.shape[0];
        return (changed * (lengths / matrix.Square().sum(1).sqrt()).reshape(side)).MoveToOuterDisposeScope();
    }
}
