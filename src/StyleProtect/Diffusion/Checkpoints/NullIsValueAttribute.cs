namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A null in the file is this field's value and does not mean its default.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NullIsValueAttribute : Attribute;
