using Microsoft.Win32.SafeHandles;
using StyleProtect.Kernels;
using StyleProtect.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>
/// An open safetensors file. Its header is validated when it is opened; tensors are copied out one at a time. The file is read and not mapped: a map would end
/// the process where the file becomes shorter, and its pages would count as memory of the process beside the copies.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int Piece = 64 * 1024 * 1024;
    private readonly SafeFileHandle _handle;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle handle, SafetensorsHeader header, long dataStart)
    {
        Path = path;
        _handle = handle;
        _header = header;
        _dataStart = dataStart;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by key.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _header.Entries;

    /// <summary>The free-form <c>__metadata__</c> of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens and validates a file. A symbolic link stands for its target.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or it is a link to one that is gone.</exception>
    /// <exception cref="SafetensorsException">The file is truncated, damaged, overlapping or otherwise not valid.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors files are little-endian and read as they are; this machine is not.");
        var handle = LinkedFile.Open(path);
        try
        {
            var fileBytes = RandomAccess.GetLength(handle);
            if (fileBytes < 8) throw ForeignFile.Refusal(path, handle) ?? SafetensorsHeader.Bad(path, $"it has only {fileBytes} bytes");
            Span<byte> start = stackalloc byte[8];
            ReadExactly(path, handle, start, 0);
            var length = BitConverter.ToUInt64(start);
            if (length > SafetensorsHeader.MaxHeaderBytes)
                throw ForeignFile.Refusal(path, handle) ??
                    SafetensorsHeader.Bad(path, $"its header claims {length} bytes, more than the {SafetensorsHeader.MaxHeaderBytes} that are allowed");
            if ((long)length > fileBytes - 8)
                throw ForeignFile.Refusal(path, handle) ??
                    SafetensorsHeader.Bad(path, $"its header claims {length} bytes, the file has {fileBytes}: it is truncated");
            var json = new byte[length];
            ReadExactly(path, handle, json, 8);
            var header = SafetensorsHeader.Parse(json, fileBytes - 8 - (long)length, path);
            return new SafetensorsFile(path, handle, header, 8 + (long)length);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Copies a tensor out of the file, in the file's element type, on the CPU.</summary>
    /// <param name="name">The key.</param>
    /// <exception cref="SafetensorsException">
    /// The file holds no such tensor, or it has an element type that cannot be read (fp8 and other quantised types), or the file was truncated since it was
    /// opened.
    /// </exception>
    public Tensor Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var entry = EntryOf(name);
        return Read(entry, entry.Begin, [.. entry.Shape]);
    }

    /// <summary>Copies rows out of a tensor: all of the further dimensions at some places of the first.</summary>
    internal Tensor ReadRows(string name, long first, long count)
    {
        var entry = EntryOf(name);
        if (entry.Shape.Count == 0 || first < 0 || count < 0 || first + count > entry.Shape[0])
            throw new SafetensorsException(
                $"{Path}: '{SafetensorsHeader.Shown(name)}' [{string.Join(", ", entry.Shape)}] has no {count} rows from {first} on.");
        var row = entry.Shape[0] == 0 ? 0 : entry.Length / entry.Shape[0];
        return Read(entry, entry.Begin + (first * row), [count, .. entry.Shape.Skip(1)]);
    }

    /// <summary>
    /// Fills a tensor of any floating-point type, layout and device with consecutive elements of a stored one, by way of the buffer only where it has to.
    /// </summary>
    /// <param name="name">The key.</param>
    /// <param name="first">The first element.</param>
    /// <param name="target">The tensor; its elements in order are the stored ones.</param>
    /// <param name="buffer">Memory for what is converted or rearranged.</param>
    internal void ReadInto(string name, long first, Tensor target, ReadBuffer buffer)
    {
        const long ConvertedAtOnce = 4 * 1024 * 1024;
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        var entry = EntryOf(name);
        if (!entry.IsReadable) throw Quantisation.Refusal(Path, entry);
        using var scope = NewDisposeScope();
        long count = target.numel(), size = SafetensorsHeader.DTypeOf(entry.StoredType)!.Value.Size;
        if (first < 0 || (first + count) * size > entry.Length)
            throw new SafetensorsException(
                $"{Path}: '{SafetensorsHeader.Shown(name)}' [{string.Join(", ", entry.Shape)}] has no {count} elements from {first} on.");
        var dense = target.device_type == DeviceType.CPU && target.is_contiguous();
        if (dense && target.dtype == entry.DType)
        {
            Fill(entry, first * size, target);
        }
        else if (dense)
        {
            var flat = target.view(-1);
            for (long at = 0; at < count; at += ConvertedAtOnce)
            {
                using var inner = NewDisposeScope();
                var part = buffer.Take(entry.DType, Math.Min(ConvertedAtOnce, count - at));
                Fill(entry, (first + at) * size, part);
                flat.narrow(0, at, part.numel()).copy_(part);
            }
        }
        else
        {
            var whole = buffer.Take(entry.DType, count);
            Fill(entry, first * size, whole);
            target.copy_(whole.view(target.shape));
        }
    }

    private SafetensorsEntry EntryOf(string name) =>
        Entries.TryGetValue(name, out var entry) ? entry : throw new SafetensorsException($"{Path} holds no tensor '{SafetensorsHeader.Shown(name)}'.");

    private Tensor Read(SafetensorsEntry entry, long begin, long[] shape)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (!entry.IsReadable) throw Quantisation.Refusal(Path, entry);
        TorchRuntime.EnsureLoaded();
        if (entry.DType != ScalarType.Bool) return Copy(entry, begin, shape, entry.DType);
        // Any byte may stand in the file, but a torch boolean must be 0 or 1.
        using var bytes = Copy(entry, begin, shape, ScalarType.Byte);
        return bytes.Ne(0);
    }

    private Tensor Copy(SafetensorsEntry entry, long begin, long[] shape, ScalarType type)
    {
        var tensor = empty(shape, type);
        try
        {
            Fill(entry, begin - entry.Begin, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Fills a dense tensor of the CPU with bytes of a stored one.</summary>
    private unsafe void Fill(SafetensorsEntry entry, long from, Tensor target)
    {
        var length = target.numel() * target.element_size();
        var memory = (byte*)TensorMemory.Pointer(target);
        for (long at = 0; at < length; at += Piece)
            ReadExactly(Path, _handle, new Span<byte>(memory + at, (int)Math.Min(Piece, length - at)), _dataStart + entry.Begin + from + at, entry.Name);
    }

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> target, long at, string? name = null)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(handle, target, at);
            if (read == 0)
                throw new SafetensorsException(
                    $"{path} ends at byte {at}{(name is null ? "" : $", inside of the tensor '{SafetensorsHeader.Shown(name)}'")}: it became shorter since " +
                    "it was opened. Another program writes to it, or the disk has a fault; read it again when it is complete.");
            target = target[read..];
            at += read;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
