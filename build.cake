// dotnet tool restore && dotnet cake --target=Test
// Targets: Restore, Native, Build, Test (default), Pack, Bench, Clean.

var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var benchFilter = Argument("filter", "*");

const string Solution = "StyleProtect.Library.sln";
const string Packages = "artifacts/packages";
const string Benchmarks = "benchmarks/StyleProtect.Benchmarks/StyleProtect.Benchmarks.csproj";

void Dotnet(string arguments) => Run("dotnet", arguments);

void Run(string tool, string arguments)
{
    var code = StartProcess(tool, new ProcessSettings { Arguments = arguments });
    if (code != 0) throw new CakeException(code, $"'{tool} {arguments}' ended with exit code {code}.");
}

bool Has(params string[] tools) => tools.All(t => Context.Tools.Resolve(t) is not null);

Task("Clean").Does(() => Dotnet($"clean {Solution} -c {configuration}"));

Task("Restore").Does(() => Dotnet($"restore {Solution}"));

Task("Native")
    .Description("The native library with the CUDA kernels. Everything but a GPU works without it.")
    .Does(() =>
    {
        if (!FileExists("native/build.sh")) Information("Native: there is no native/build.sh; nothing to build.");
        else if (!Has("cmake")) Warning("Native: skipped, because cmake is not on the PATH (apt-get install cmake g++).");
        else if (!Has("nvcc")) Warning("Native: skipped, because nvcc is not on the PATH. Install the CUDA toolkit; on Debian: nvidia-cuda-toolkit and g++-11 of the non-free component.");
        else Run("bash", "native/build.sh");
    });

Task("Build")
    .IsDependentOn("Restore")
    .IsDependentOn("Native")
    .Does(() => Dotnet($"build {Solution} -c {configuration} --no-restore"));

Task("Test")
    .IsDependentOn("Build")
    .Does(() => Dotnet($"test --solution {Solution} -c {configuration} --no-build"));

Task("Pack")
    .Description("The NuGet packages, built apart without the assemblies that see internals during development.")
    .IsDependentOn("Restore")
    .IsDependentOn("Native")
    .Does(() =>
    {
        CleanDirectory(Packages);
        foreach (var project in (string[])["StyleProtect.Native", "StyleProtect", "StyleProtect.MiniModel", "StyleProtect.Cli"])
            Dotnet($"pack src/{project}/{project}.csproj -c {configuration} -p:Shipped=true -o {Packages}");
        foreach (var package in GetFiles($"{Packages}/*.nupkg"))
        {
            CheckFriends(package.FullPath);
            Information($"{package.GetFilename()}  {new System.IO.FileInfo(package.FullPath).Length / 1024.0 / 1024.0:0.0} MiB");
        }
    });

// A packed assembly may open its internals to StyleProtect's own packed assemblies only.
void CheckFriends(string package)
{
    var allowed = new Dictionary<string, string> { ["StyleProtect.Native.dll"] = "StyleProtect", ["StyleProtect.dll"] = "StyleProtect.Cli" };
    using var zip = System.IO.Compression.ZipFile.OpenRead(package);
    foreach (var entry in zip.Entries.Where(e => e.Name.StartsWith("StyleProtect") && e.Name.EndsWith(".dll")))
    {
        using var bytes = new System.IO.MemoryStream();
        using (var stream = entry.Open()) stream.CopyTo(bytes);
        bytes.Position = 0;
        using var file = new System.Reflection.PortableExecutable.PEReader(bytes);
        var metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(file);
        var friends =
            from handle in metadata.GetAssemblyDefinition().GetCustomAttributes()
            let attribute = metadata.GetCustomAttribute(handle)
            where attribute.Constructor.Kind == System.Reflection.Metadata.HandleKind.MemberReference
            let type = metadata.GetMemberReference((System.Reflection.Metadata.MemberReferenceHandle)attribute.Constructor).Parent
            where type.Kind == System.Reflection.Metadata.HandleKind.TypeReference
            where metadata.GetString(metadata.GetTypeReference((System.Reflection.Metadata.TypeReferenceHandle)type).Name) == "InternalsVisibleToAttribute"
            select FirstArgument(metadata.GetBlobReader(attribute.Value));
        var strangers = friends.Where(f => !allowed.TryGetValue(entry.Name, out var friend) || friend != f).ToList();
        if (strangers.Count > 0) throw new CakeException($"{entry.FullName} in {package} opens its internals to {string.Join(", ", strangers)}.");
    }

    static string FirstArgument(System.Reflection.Metadata.BlobReader value)
    {
        value.ReadUInt16(); // the prolog
        return value.ReadSerializedString();
    }
}

Task("Bench")
    .Description("BenchmarkDotNet; --filter=*Pgd* chooses.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        if (!FileExists(Benchmarks)) throw new CakeException($"{Benchmarks} is not there.");
        Dotnet($"run -c {configuration} --no-build --project {Benchmarks} -- --filter \"{benchFilter}\"");
    });

RunTarget(target);
