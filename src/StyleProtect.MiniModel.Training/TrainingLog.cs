using System.Diagnostics;
using System.Globalization;
using ScottPlot;

namespace StyleProtect.MiniModel.Training;

/// <summary>The loss of a training: a CSV that resumed runs continue, lines on the console, a PNG of the curve.</summary>
internal sealed class TrainingLog
{
    private readonly string _csv;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(long Step, double Train, double? HeldOut)> _rows = [];
    private readonly bool _heldOutIsLoss;
    private long _startStep = -1;
    private double _sum;
    private int _count;

    /// <param name="folder">Where loss.csv and loss.png lie.</param>
    /// <param name="heldOutIsLoss">Whether the held-out value is a loss like the training's and belongs into its plot.</param>
    /// <param name="resumeStep">Rows after this step belong to a run that was cut off and are dropped.</param>
    internal TrainingLog(string folder, long resumeStep, bool heldOutIsLoss)
    {
        _heldOutIsLoss = heldOutIsLoss;
        Directory.CreateDirectory(folder);
        _csv = Path.Combine(folder, "loss.csv");
        if (!File.Exists(_csv)) return;
        foreach (var line in File.ReadLines(_csv).Skip(1))
        {
            var cells = line.Split(',');
            var step = long.Parse(cells[0], CultureInfo.InvariantCulture);
            if (step <= resumeStep) _rows.Add((step, Number(cells[1]), cells[2].Length == 0 ? null : Number(cells[2])));
        }

        static double Number(string s) => double.Parse(s, CultureInfo.InvariantCulture);
    }

    /// <summary>Adds the loss of one step.</summary>
    internal void Add(double loss)
    {
        _sum += loss;
        _count++;
    }

    /// <summary>Writes a line: mean loss since the last one, held-out loss, speed and time left.</summary>
    internal void Report(long step, long steps, int batch, double? heldOut)
    {
        var mean = _count == 0 ? double.NaN : _sum / _count;
        if (_startStep < 0) _startStep = step - _count;
        var seconds = _clock.Elapsed.TotalSeconds;
        var rate = (step - _startStep) / seconds;
        var left = TimeSpan.FromSeconds((steps - step) / Math.Max(rate, 1e-9));
        _rows.Add((step, mean, heldOut));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"step {step}/{steps}  loss {mean:f5}{(heldOut is { } h ? $"  held out {h:f5}" : "")}  {rate * batch:f1} pictures/s  {left:hh\\:mm\\:ss} left"));
        (_sum, _count) = (0, 0);
    }

    internal void Save()
    {
        var temporary = _csv + ".part";
        File.WriteAllLines(
            temporary, _rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Step},{r.Train:r},{r.HeldOut:r}")).Prepend("step,loss,held_out"));
        File.Move(temporary, _csv, overwrite: true);
        Plot(Path.ChangeExtension(_csv, ".png"));
    }

    private void Plot(string path)
    {
        if (_rows.Count < 2) return;
        RegisterFont();
        using var plot = new Plot();
        plot.Add.Scatter(_rows.Select(r => (double)r.Step).ToArray(), _rows.Select(r => Math.Log10(r.Train)).ToArray()).LegendText = "training";
        var held = _rows.Where(r => r.HeldOut is not null).ToArray();
        if (_heldOutIsLoss && held.Length > 1)
            plot.Add.Scatter(held.Select(r => (double)r.Step).ToArray(), held.Select(r => Math.Log10(r.HeldOut!.Value)).ToArray()).LegendText = "held out";
        plot.XLabel("step");
        plot.YLabel("log10 loss");
        plot.ShowLegend();
        plot.SavePng(path, 900, 500);
    }

    /// <summary>The plot library's own search needs fontconfig, which its build without dependencies does not have.</summary>
    private static void RegisterFont()
    {
        const string name = "DejaVu Sans", file = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
        if (!File.Exists(file) || Fonts.Default == name) return;
        Fonts.AddFontFile(name, file, bold: false, italic: false);
        Fonts.Default = name;
    }
}
