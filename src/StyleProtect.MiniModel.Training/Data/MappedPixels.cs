using System.IO.MemoryMappedFiles;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>One packed file of pictures, mapped into memory for reading.</summary>
internal sealed unsafe class MappedPixels : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _bytesPerPicture;
    private readonly int _count;
    private byte* _start;

    /// <summary>Maps a file of <paramref name="count"/> pictures.</summary>
    /// <exception cref="DataSetException">The file is missing or of another length.</exception>
    internal MappedPixels(string path, int count, int bytesPerPicture)
    {
        var info = new FileInfo(path);
        var expected = (long)count * bytesPerPicture;
        if (!info.Exists) throw new DataSetException($"'{path}' is missing. Run the data command again.");
        if (count < 1 || info.Length != expected)
            throw new DataSetException($"'{path}' has {info.Length} bytes instead of {expected} ({count} pictures). Run the data command again.");
        (_count, _bytesPerPicture) = (count, bytesPerPicture);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, expected, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>The bytes of one picture, row by row, RGB. Valid until this object is disposed.</summary>
    internal ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            if ((uint)index >= (uint)_count) throw new ArgumentOutOfRangeException(nameof(index), index, $"The file has {_count} pictures.");
            return new ReadOnlySpan<byte>(_start + (long)index * _bytesPerPicture, _bytesPerPicture);
        }
    }

    public void Dispose()
    {
        if (_start is null) return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
