using System.Text.Json.Nodes;
using StyleProtect.Cli.Backends;
using StyleProtect.Cli.Doctor;
using StyleProtect.Cli.Terminals;
using StyleProtect.Hub;

namespace StyleProtect.Cli.Tests.Infrastructure;

/// <summary>Runs command lines in this process and keeps what they print.</summary>
internal sealed class CommandLine
{
    public FakeProtector Engine { get; init; } = new();

    /// <summary>What makes the engine; the fake one unless set.</summary>
    public IProtectorFactory? Factory { get; init; }

    public IArtworkStore Store { get; init; } = new ArtworkStore();

    public IReadOnlyList<IDoctorCheck> Checks { get; init; } = [];

    /// <summary>Opens the store of models; that of the environment unless set.</summary>
    public Func<ModelStore>? Models { get; init; }

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public JsonNode Json => JsonNode.Parse(Output)!;

    public IReadOnlyList<string> ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Task<int> RunAsync(params string[] words) => RunAsync(CancellationToken.None, words);

    public async Task<int> RunAsync(CancellationToken cancellationToken, params string[] words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var services = new CommandServices(Factory ?? Engine, Store, Checks);
        var app = new CommandLineApp(Terminal.ForWriters(output, error), Models is null ? services : services with { Models = Models });
        var exitCode = await app.RunAsync(words, cancellationToken);
        (Output, Error) = (output.ToString(), error.ToString());
        return exitCode;
    }
}
