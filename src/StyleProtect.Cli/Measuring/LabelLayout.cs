using ScottPlot;

namespace StyleProtect.Cli.Measuring;

/// <summary>Finds places for the labels of points, so that no label covers a point or another label.</summary>
/// <remarks>Greedy: a label takes the first free place of rings around its point, from near to far. The crowded points choose first.</remarks>
internal static class LabelLayout
{
    private const float Gap = 8, PointSize = 14;

    /// <param name="points">Points in pixels.</param>
    /// <param name="sizes">Width and height of each label in pixels.</param>
    /// <param name="area">Where labels may lie.</param>
    /// <returns>The label's rectangle for each point; a point that finds no place has none.</returns>
    internal static PixelRect?[] Place(IReadOnlyList<Pixel> points, IReadOnlyList<PixelSize> sizes, PixelRect area)
    {
        var taken = points.Select(p => Around(p, new PixelSize(PointSize, PointSize))).ToList();
        var places = new PixelRect?[points.Count];
        foreach (var i in Enumerable.Range(0, points.Count).OrderBy(i => points.Min(p => p == points[i] ? float.MaxValue : Distance(p, points[i])))
            .ThenBy(i => i))
        {
            foreach (var center in Rings(points[i], sizes[i]))
            {
                var rectangle = Around(center, sizes[i]);
                if (!Inside(rectangle, area) || taken.Any(t => Overlap(t, rectangle))) continue;
                places[i] = rectangle;
                taken.Add(rectangle);
                break;
            }
        }

        return places;
    }

    internal static bool Overlap(PixelRect a, PixelRect b) => a.Left < b.Right && b.Left < a.Right && a.Top < b.Bottom && b.Top < a.Bottom;

    private static IEnumerable<Pixel> Rings(Pixel point, PixelSize size)
    {
        for (var ring = 0; ring < 12; ring++)
        {
            float x = (size.Width / 2) + (PointSize / 2) + (Gap * ring), y = (size.Height / 2) + (PointSize / 2) + (Gap * ring);
            foreach (var (dx, dy) in s_directions)
                yield return new Pixel(point.X + (dx * x), point.Y + (dy * y));
        }
    }

    private static readonly (float X, float Y)[] s_directions = [(1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1), (0.5f, -1),
        (-0.5f, -1), (0.5f, 1), (-0.5f, 1)];

    private static PixelRect Around(Pixel center, PixelSize size) =>
        new(center.X - (size.Width / 2), center.X + (size.Width / 2), center.Y + (size.Height / 2), center.Y - (size.Height / 2));

    private static bool Inside(PixelRect r, PixelRect area) => r.Left >= area.Left && r.Right <= area.Right && r.Top >= area.Top && r.Bottom <= area.Bottom;

    private static float Distance(Pixel a, Pixel b) => ((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y));
}
