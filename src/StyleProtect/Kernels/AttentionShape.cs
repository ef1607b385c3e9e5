namespace StyleProtect.Kernels;

/// <summary>Sizes of an attention call.</summary>
internal readonly record struct AttentionShape(int Batch, int Heads, int Queries, int Keys, int Size)
{
    internal int AllHeads => Batch * Heads;
}
