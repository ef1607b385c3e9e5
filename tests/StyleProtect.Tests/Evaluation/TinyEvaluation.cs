using StyleProtect.Attacks;
using StyleProtect.Layers;
using StyleProtect.Protection;
using StyleProtect.Tests.Artworks;
using StyleProtect.Tests.Attacks;
using StyleProtect.Tests.Protection;
using StyleProtect.Tests.Shared;

namespace StyleProtect.Tests.Evaluation;

/// <summary>
/// Protector and mimic of an evaluation on one tiny model, shared by the tests of a class. An evaluation's bookkeeping does not depend on how much is trained
/// and painted: the U-Net has two levels, and the steps are as few as can be.
/// </summary>
public sealed class TinyEvaluation : IDisposable
{
    private readonly TinyModelFolder _model = new(twoLevels: true);
    private readonly ModelHost _host;
    private TempFolder? _finished;

    public TinyEvaluation()
    {
        _host = Host(_model);
        (Protector, Simulator) = (StyleProtector.For(_host), AttackSimulator.For(_host));
    }

    internal StyleProtector Protector { get; }

    internal AttackSimulator Simulator { get; }

    /// <summary>One layer is trained beside the picture: the model has not the paper's four.</summary>
    internal static ProtectionOptions Protection { get; } = TinyProtector.Options with { Steps = 2, Layers = LayerSelectors.Random(1, 1) };

    internal static AttackOptions Mimic { get; } = TinySimulator.Options with { Steps = 1, SamplingSteps = 1 };

    internal static ModelHost Host(TinyModelFolder model) =>
        ModelHost.Create(new ModelHostOptions { ModelPath = model.Path, Device = ComputeDevice.Cpu, Precision = Precision.Float32 });

    /// <summary>A copy of the folder of a finished evaluation, which runs when the first test of the class asks for one.</summary>
    /// <param name="evaluate">The evaluation, the same for every test of the class.</param>
    internal async Task<TempFolder> Finished(Func<TempFolder, Task> evaluate)
    {
        if (_finished is null)
        {
            var finished = new TempFolder();
            await evaluate(finished);
            _finished = finished;
        }

        var copy = new TempFolder();
        foreach (var file in Directory.EnumerateFiles(_finished.Path, "*", SearchOption.AllDirectories))
        {
            var target = copy[Path.GetRelativePath(_finished.Path, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    public void Dispose()
    {
        Simulator.Dispose();
        Protector.Dispose();
        _host.Dispose();
        _model.Dispose();
        _finished?.Dispose();
    }
}
