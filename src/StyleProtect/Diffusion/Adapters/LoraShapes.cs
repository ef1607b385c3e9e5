using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;

namespace StyleProtect.Diffusion.Adapters;

/// <summary>Checks from the header that an adapter's matrices fit its layer's weight.</summary>
internal static class LoraShapes
{
    /// <summary>Checks one layer's adapter.</summary>
    /// <exception cref="CheckpointException">A matrix is missing or has another shape; the message names the key.</exception>
    internal static void Check(
        SafetensorsFile file, LoraEntry entry, IAdaptable layer, IReadOnlyCollection<LoraKey> keys, IReadOnlyDictionary<string, IAdaptable> layers)
    {
        var check = new Checker(file, entry, layer.Weight.shape, (key, wanted) => LoraDiagnosis.Misfit(file, keys, key, wanted, layers));
        switch (entry.Kind)
        {
            case LoraKind.LowRank:
                check.LowRank();
                break;
            case LoraKind.Hadamard:
                check.Hadamard();
                break;
            case LoraKind.Kronecker:
                check.Kronecker();
                break;
            default:
                check.Difference(layer.Bias?.shape);
                break;
        }

        check.Scalars();
    }

    private sealed class Checker(SafetensorsFile file, LoraEntry entry, long[] weight, Func<string, string, CheckpointException> misfit)
    {
        private long Out => weight[0];

        private long In => weight[1];

        private long[] Kernel => weight[2..];

        internal void LowRank()
        {
            Require("needs one matrix down and one up", LoraRole.Down, LoraRole.Up);
            var rank = First(LoraRole.Down);
            if (entry.Has(LoraRole.Mid))
            {
                if (Kernel.Length == 0) throw Bad("has a kernel between its matrices, and the layer is not a convolution");
                Fit(LoraRole.Down, [rank, In, 1, 1]);
                Fit(LoraRole.Mid, [rank, rank, .. Kernel]);
            }
            else
            {
                Fit(LoraRole.Down, [rank, .. weight[1..]]);
            }

            Fit(LoraRole.Up, Kernel.Length == 0 ? [Out, rank] : [Out, rank, 1, 1]);
        }

        internal void Hadamard()
        {
            Require("needs hada_w1_a, hada_w1_b, hada_w2_a and hada_w2_b", LoraRole.HadaW1A, LoraRole.HadaW1B, LoraRole.HadaW2A, LoraRole.HadaW2B);
            if (entry.Has(LoraRole.HadaT1) != entry.Has(LoraRole.HadaT2)) throw Bad("needs hada_t1 and hada_t2 together");
            foreach (var (a, b, t) in new[]
            {
                (LoraRole.HadaW1A, LoraRole.HadaW1B, LoraRole.HadaT1), (LoraRole.HadaW2A, LoraRole.HadaW2B, LoraRole.HadaT2),
            })
            {
                var rank = First(b);
                if (entry.Has(t))
                {
                    if (Kernel.Length == 0) throw Bad("has kernels, and the layer is not a convolution");
                    Fit(a, [rank, Out]);
                    Fit(b, [rank, In]);
                    Fit(t, [rank, rank, .. Kernel]);
                }
                else
                {
                    Fit(a, [Out, rank]);
                    Fit(b, [rank, weight[1..].Aggregate(1L, (x, y) => x * y)]);
                }
            }
        }

        internal void Kronecker()
        {
            var (rows1, columns1) = FirstFactor();
            if (rows1 < 1 || columns1 < 1 || Out % rows1 != 0 || In % columns1 != 0)
                throw misfit(KeyOf(LoraRole.LokrW1, LoraRole.LokrW1A), $"a factor whose sides divide [{Out}, {In}]");
            long rows2 = Out / rows1, columns2 = In / columns1;
            if (entry.Has(LoraRole.LokrW2))
            {
                Fit(LoraRole.LokrW2, [rows2, columns2, .. Kernel]);
                return;
            }

            Require("needs lokr_w2, or lokr_w2_a and lokr_w2_b", LoraRole.LokrW2A, LoraRole.LokrW2B);
            var rank = First(LoraRole.LokrW2B);
            if (entry.Has(LoraRole.LokrT2))
            {
                if (Kernel.Length == 0) throw Bad("has a kernel, and the layer is not a convolution");
                Fit(LoraRole.LokrW2A, [rank, rows2]);
                Fit(LoraRole.LokrW2B, [rank, columns2]);
                Fit(LoraRole.LokrT2, [rank, rank, .. Kernel]);
            }
            else
            {
                Fit(LoraRole.LokrW2A, [rows2, rank]);
                Fit(LoraRole.LokrW2B, [rank, Kernel.Aggregate(columns2, (x, y) => x * y)]);
            }
        }

        internal void Difference(long[]? bias)
        {
            if (!entry.Has(LoraRole.Diff) && !entry.Has(LoraRole.DiffBias)) throw Bad("has no matrix");
            if (entry.Has(LoraRole.Diff)) Fit(LoraRole.Diff, weight);
            if (!entry.Has(LoraRole.DiffBias)) return;
            if (bias is null) throw Bad("changes a bias, and the layer has none");
            Fit(LoraRole.DiffBias, bias);
        }

        internal void Scalars()
        {
            if (entry.Keys.TryGetValue(LoraRole.Alpha, out var alpha) && file.Entries[alpha].Shape.Any(d => d != 1))
                throw new CheckpointException($"{file.Path}: '{SafetensorsHeader.Shown(alpha)}' must be one number.");
            if (entry.Kind is not LoraKind.Difference && (entry.Has(LoraRole.Diff) || entry.Has(LoraRole.DiffBias)))
                throw Bad("has a low-rank change and a whole one");
            if (entry.Keys.TryGetValue(LoraRole.Magnitude, out var magnitude) && Elements(magnitude) != Out)
                throw misfit(magnitude, $"{Out} numbers");
            if (!entry.Keys.TryGetValue(LoraRole.DoraScale, out var scale)) return;
            if (entry.Has(LoraRole.Magnitude)) throw Bad("has DoRA's lengths twice");
            var shape = file.Entries[scale].Shape;
            var rows = shape.Count > 0 && shape[0] == Out && Elements(scale) == Out;
            var columns = shape.Count > 1 && shape[1] == In && Elements(scale) == In;
            if (!rows && !columns) throw misfit(scale, $"[{Out}, 1] or [1, {In}]");
        }

        private (long Rows, long Columns) FirstFactor()
        {
            if (entry.Keys.TryGetValue(LoraRole.LokrW1, out var key))
                return file.Entries[key].Shape is [var rows, var columns] ? (rows, columns) : throw misfit(key, "a matrix");
            Require("needs lokr_w1, or lokr_w1_a and lokr_w1_b", LoraRole.LokrW1A, LoraRole.LokrW1B);
            IReadOnlyList<long> left = file.Entries[entry.Keys[LoraRole.LokrW1A]].Shape, right = file.Entries[entry.Keys[LoraRole.LokrW1B]].Shape;
            if (left is not [var m, var rank] || rank < 1) throw misfit(entry.Keys[LoraRole.LokrW1A], "a matrix");
            return right is [var r, var n] && r == rank ? (m, n) : throw misfit(entry.Keys[LoraRole.LokrW1B], $"[{rank}, n]");
        }

        private string KeyOf(params LoraRole[] roles) => entry.Keys[roles.First(entry.Has)];

        private void Require(string what, params LoraRole[] roles)
        {
            if (!roles.All(entry.Has)) throw Bad(what);
        }

        private long First(LoraRole role) => file.Entries[entry.Keys[role]].Shape is [var first, ..] ? first : 0;

        private long Elements(string key) => file.Entries[key].Shape.Aggregate(1L, (a, b) => a * b);

        /// <summary>Linear layers and 1 × 1 convolutions are written in each other's form by some tools.</summary>
        private void Fit(LoraRole role, long[] wanted)
        {
            var key = entry.Keys[role];
            var shape = file.Entries[key].Shape;
            if (wanted.Any(d => d < 1) || !Without1(shape).SequenceEqual(Without1(wanted))) throw misfit(key, $"[{string.Join(", ", wanted)}]");
        }

        private static IEnumerable<long> Without1(IReadOnlyList<long> shape) => shape.Take(2).Concat(shape.Skip(2).Where(d => d != 1));

        private CheckpointException Bad(string what) => new($"{file.Path}: the adapter '{entry.Shown}' {what}.");
    }
}
