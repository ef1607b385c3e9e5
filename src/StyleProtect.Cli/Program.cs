using StyleProtect.Cli;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Terminals;
using StyleProtect.Native;

using var signals = new CancellationSignals();
var services = new CommandServices(
    new ProtectorFactory(),
    new ArtworkStore(),
    [
        new SystemCheck(),
        new ProcessorCheck(CpuFeatures.Read),
        new MemoryCheck(MemoryState.Read),
        new TorchCheck(),
        new DeviceCheck(),
        new NativeLibraryCheck(() => NativeRuntime.Status),
        new ModelCheck(),
    ]);
return await new CommandLineApp(Terminal.ForConsole(), services).RunAsync(args, signals.Token).ConfigureAwait(false);
