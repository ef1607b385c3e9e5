using StyleProtect.Cli;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Terminals;

using var signals = new CancellationSignals();
var services = new CommandServices(new ProtectorFactory(), new ArtworkStore(), DoctorChecks.OfThisMachine());
return await new CommandLineApp(Terminal.ForConsole(), services).RunAsync(args, signals.Token).ConfigureAwait(false);
