using TorchSharp;

namespace StyleProtect.Perception;

/// <summary>An image encoder whose output can be differentiated with respect to the pictures.</summary>
internal interface IStyleFeatures : IDisposable
{
    /// <summary>Unit vectors, N × width, fp32, for pictures N × 3 × H × W in [−1, 1]. Nothing is rounded on the way.</summary>
    torch.Tensor Features(torch.Tensor pictures);
}
