using StyleProtect.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>A table of vectors, looked up by index.</summary>
internal sealed class Embedding : Module<Tensor, Tensor>
{
    internal Embedding(int count, int features) : base(nameof(Embedding)) =>
        register_parameter("weight", Weight = WeightFactory.Create(count, features));

    internal Parameter Weight { get; }

    /// <summary>A learned vector for one of the rows, or null; off costs nothing.</summary>
    internal TokenOverride? Override { get; set; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var rows = Weight.index_select(0, input.flatten()).view([.. input.shape, Weight.shape[1]]);
        if (Override is { } token) rows = where(input.Eq(token.Id).unsqueeze(-1), token.Vector.to(Weight.dtype), rows);
        return rows.MoveToOuterDisposeScope();
    }
}

/// <summary>A vector that stands in for one row of an embedding while it is learned or used (Textual Inversion); the table itself stays untouched.</summary>
/// <param name="Id">The row.</param>
/// <param name="Vector">[features], fp32.</param>
internal sealed record TokenOverride(long Id, Tensor Vector);
