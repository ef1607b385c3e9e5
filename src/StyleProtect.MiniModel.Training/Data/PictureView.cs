using System.Runtime.CompilerServices;

namespace StyleProtect.MiniModel.Training.Data;

/// <summary>Turns stored pixels into the planes of a training sample. Holds scratch memory: one object per thread.</summary>
internal sealed class PictureView
{
    private const float White = 255;
    private readonly int _stored;
    private readonly int _size;
    private readonly int[] _columns;
    private readonly float[] _weights;
    private readonly float[] _scratch;

    /// <summary>A view from <paramref name="stored"/> pixels to the same number or half of it.</summary>
    internal PictureView(int stored, int size)
    {
        if (size != stored && size * 2 != stored)
            throw new ArgumentException($"A view of {stored} pixels can have {stored} or {stored / 2}, not {size}.", nameof(size));
        (_stored, _size) = (stored, size);
        _columns = new int[stored];
        _weights = new float[stored];
        _scratch = size == stored ? [] : new float[3 * stored * stored];
    }

    /// <summary>Writes three planes of size × size values in [-1, 1]; what lies outside the picture is white.</summary>
    internal void Render(ReadOnlySpan<byte> rgb, ViewTransform transform, Span<float> planes)
    {
        if (rgb.Length != _stored * _stored * 3) throw new ArgumentException($"{_stored * _stored * 3} bytes are expected, not {rgb.Length}.", nameof(rgb));
        if (planes.Length != 3 * _size * _size) throw new ArgumentException($"{3 * _size * _size} values are expected, not {planes.Length}.", nameof(planes));
        var full = _size == _stored ? planes : _scratch;
        if (transform == ViewTransform.Identity) Copy(rgb, full);
        else Resample(rgb, transform, full);
        if (_size != _stored) Halve(full, planes);
        // 0 … 255 to -1 … 1
        for (var i = 0; i < planes.Length; i++) planes[i] = planes[i] * (2f / 255) - 1;
    }

    private void Copy(ReadOnlySpan<byte> rgb, Span<float> planes)
    {
        var plane = _stored * _stored;
        Span<float> red = planes[..plane], green = planes.Slice(plane, plane), blue = planes.Slice(2 * plane, plane);
        for (int i = 0, s = 0; i < plane; i++, s += 3)
        {
            red[i] = rgb[s];
            green[i] = rgb[s + 1];
            blue[i] = rgb[s + 2];
        }
    }

    // Bilinear; a pixel's centre lies at a half.
    private void Resample(ReadOnlySpan<byte> rgb, ViewTransform t, Span<float> planes)
    {
        var (centre, plane) = (_stored / 2.0, _stored * _stored);
        for (var x = 0; x < _stored; x++)
        {
            var source = (x + 0.5 - centre - t.ShiftX) / t.Scale;
            source = (t.Flip ? -source : source) + centre - 0.5;
            _columns[x] = (int)Math.Floor(source);
            _weights[x] = (float)(source - Math.Floor(source));
        }

        for (var y = 0; y < _stored; y++)
        {
            var source = (y + 0.5 - centre - t.ShiftY) / t.Scale + centre - 0.5;
            var top = (int)Math.Floor(source);
            var down = (float)(source - top);
            for (var x = 0; x < _stored; x++)
            {
                var (left, right) = (_columns[x], _weights[x]);
                var to = y * _stored + x;
                if ((uint)left < (uint)(_stored - 1) && (uint)top < (uint)(_stored - 1))
                {
                    var at = (top * _stored + left) * 3;
                    var below = at + _stored * 3;
                    for (var c = 0; c < 3; c++)
                        planes[c * plane + to] = Mix(Mix(rgb[at + c], rgb[at + 3 + c], right), Mix(rgb[below + c], rgb[below + 3 + c], right), down);
                }
                else
                {
                    for (var c = 0; c < 3; c++)
                        planes[c * plane + to] = Mix(
                            Mix(Pixel(rgb, left, top, c), Pixel(rgb, left + 1, top, c), right),
                            Mix(Pixel(rgb, left, top + 1, c), Pixel(rgb, left + 1, top + 1, c), right),
                            down);
                }
            }
        }
    }

    private float Pixel(ReadOnlySpan<byte> rgb, int x, int y, int channel) =>
        (uint)x < (uint)_stored && (uint)y < (uint)_stored ? rgb[(y * _stored + x) * 3 + channel] : White;

    private void Halve(ReadOnlySpan<float> full, Span<float> half)
    {
        for (var c = 0; c < 3; c++)
            for (var y = 0; y < _size; y++)
            {
                var upper = full.Slice(c * _stored * _stored + 2 * y * _stored, _stored);
                var lower = full.Slice(c * _stored * _stored + (2 * y + 1) * _stored, _stored);
                var row = half.Slice((c * _size + y) * _size, _size);
                for (var x = 0; x < row.Length; x++) row[x] = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) * 0.25f;
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Mix(float a, float b, float weight) => a + (b - a) * weight;
}
