using System.IO.MemoryMappedFiles;
using StyleProtect.Kernels;
using StyleProtect.Native;
using static TorchSharp.torch;

namespace StyleProtect.Diffusion.Checkpoints;

/// <summary>A memory-mapped safetensors file. Its header is validated when it is opened; tensors are copied out one at a time.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, SafetensorsHeader header, long dataStart)
    {
        Path = path;
        _map = map;
        _view = view;
        _header = header;
        _dataStart = dataStart;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by key.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _header.Entries;

    /// <summary>The free-form <c>__metadata__</c> of the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens and validates a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SafetensorsException">The file is truncated, damaged, overlapping or otherwise not valid.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var info = new FileInfo(path);
        if (!info.Exists) throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        var fileBytes = info.Length;
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors files are little-endian and read as they are; this machine is not.");
        if (fileBytes < 8) throw SafetensorsHeader.Bad(path, $"it has only {fileBytes} bytes");
        var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = map.CreateViewAccessor(0, fileBytes, MemoryMappedFileAccess.Read);
            var length = view.ReadUInt64(0);
            if (length > SafetensorsHeader.MaxHeaderBytes)
                throw SafetensorsHeader.Bad(path, $"its header claims {length} bytes, more than the {SafetensorsHeader.MaxHeaderBytes} that are allowed");
            if ((long)length > fileBytes - 8) throw SafetensorsHeader.Bad(path, $"its header claims {length} bytes, the file has {fileBytes}: it is truncated");
            var json = new byte[length];
            if (json.Length > 0) view.ReadArray(8, json, 0, json.Length); // at the very end of a file even reading nothing throws
            var header = SafetensorsHeader.Parse(json, fileBytes - 8 - (long)length, path);
            return new SafetensorsFile(path, map, view, header, 8 + (long)length);
        }
        catch
        {
            view?.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>Copies a tensor out of the file, in the file's element type, on the CPU.</summary>
    /// <param name="name">The key.</param>
    /// <exception cref="SafetensorsException">The file holds no such tensor.</exception>
    public Tensor Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!Entries.TryGetValue(name, out var entry)) throw new SafetensorsException($"{Path} holds no tensor '{SafetensorsHeader.Shown(name)}'.");
        TorchRuntime.EnsureLoaded();
        if (entry.DType != ScalarType.Bool) return Copy(entry, entry.DType);
        // Any byte may stand in the file, but a torch boolean must be 0 or 1.
        using var bytes = Copy(entry, ScalarType.Byte);
        return bytes.Ne(0);
    }

    private unsafe Tensor Copy(SafetensorsEntry entry, ScalarType type)
    {
        var handle = _view.SafeMemoryMappedViewHandle;
        var tensor = empty([.. entry.Shape], type);
        byte* source = null;
        try
        {
            handle.AcquirePointer(ref source);
            if (entry.Length == 0) return tensor;
            source += _view.PointerOffset + _dataStart + entry.Begin;
            Buffer.MemoryCopy(source, (void*)TensorMemory.Pointer(tensor), entry.Length, entry.Length);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
        finally
        {
            if (source is not null) handle.ReleasePointer();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }
}
