using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Models.Layers;

/// <summary>
/// Makes the parameters of the layers under construction, in the element type and on the device of the enclosing scope.
/// (TorchSharp's <c>module.to</c> replaces parameters and invalidates the references that a module keeps, so modules are built where and as they are needed.)
/// </summary>
internal static class WeightFactory
{
    private static readonly bool s_canTakeHandle = typeof(Parameter)
        .GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(IntPtr)]) is not null;

    [ThreadStatic]
    private static Scope? s_current;

    /// <summary>An uninitialised, frozen parameter: a checkpoint or <see cref="WeightInitializer"/> fills it.</summary>
    internal static Parameter Create(params long[] shape)
    {
        var type = s_current?.DType ?? ScalarType.Float32;
        var device = s_current?.Device ?? CPU;
        return Frozen(empty(shape, type, device));
    }

    /// <summary>
    /// A convolution's kernel [out, in, height, width], uninitialised and frozen. In bf16 on the CPU it lies channels last in memory: with channels-last maps
    /// libtorch would otherwise copy it into that order at each pass forward and back.
    /// </summary>
    internal static Parameter CreateKernel(long outChannels, long inChannels, long height, long width)
    {
        if (s_current is not { DType: ScalarType.BFloat16 } scope || scope.Device.type != DeviceType.CPU) return Create(outChannels, inChannels, height, width);
        using var channelsLast = empty([outChannels, height, width, inChannels], scope.DType, scope.Device);
        return Frozen(channelsLast.permute(0, 3, 1, 2));
    }

    /// <summary>Until it is disposed, parameters made on this thread are of this type and on this device ("meta" for shapes only).</summary>
    internal static IDisposable Use(ScalarType dtype, Device device) => s_current = new Scope(dtype, device, s_current);

    /// <summary>A parameter of a tensor, which is used up.</summary>
    private static Parameter Frozen(Tensor data)
    {
        // The public constructor takes the tensor's handle, too, but leaves the tensor in TorchSharp's count of live tensors for good: every model that was
        // ever loaded would look like a leak.
        if (!s_canTakeHandle) return new Parameter(data, requires_grad: false);
        var parameter = Take(data.DetachFromDisposeScope().DecoupleFromNativeHandle());
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern Parameter Take(IntPtr handle);

    private sealed class Scope(ScalarType dtype, Device device, Scope? outer) : IDisposable
    {
        internal ScalarType DType { get; } = dtype;

        internal Device Device { get; } = device;

        public void Dispose() => s_current = outer;
    }
}
