using CsCheck;
using StyleProtect.Hub;
using StyleProtect.Hub.Cache;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Hub;

/// <summary>Names that become paths, and the environment variables that say where everything is.</summary>
public sealed class HubNamesTests
{
    [Theory]
    [InlineData("owner/name", "owner/name", null)]
    [InlineData("stable-diffusion-v1-5/stable-diffusion-v1-5@fp16", "stable-diffusion-v1-5/stable-diffusion-v1-5", "fp16")]
    [InlineData("a/b_c.d@refs/pr/3", "a/b_c.d", "refs/pr/3")]
    public void Repositories_are_read(string text, string id, string? revision)
    {
        var repository = RepositoryName.TryParse(text)!;
        Assert.Equal((id, revision, text), (repository.Id, repository.Revision, repository.Typed));
        Assert.Equal(id, RepositoryName.OfFolder(repository.FolderName)!.Id);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("a/b/c")]
    [InlineData("/b")]
    [InlineData("../b")]
    [InlineData("a/..")]
    [InlineData("a--b/c")]
    [InlineData("a/b c")]
    [InlineData("a/-b")]
    [InlineData("a/b.")]
    [InlineData("a/b@")]
    [InlineData("a/b@..")]
    [InlineData("a/b@/etc")]
    [InlineData("C:/b")]
    public void What_is_no_repository_is_not_read(string text) => Assert.Null(RepositoryName.TryParse(text));

    /// <summary>Whatever a server sends: what is allowed stays below its folder.</summary>
    [Fact]
    public void An_allowed_name_stays_below_its_folder()
    {
        using var folder = new TempFolder();
        string[] pieces = ["..", ".", "a", "b.c", "", "C:", "\\", "con", "x ", "y.", "\0", "~", "é", "LPT1.x", "a\\b", "-"];
        var piece = Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]);
        piece.Array[1, 4].Select(p => string.Join('/', p)).Sample(name =>
        {
            if (!SafeName.IsRelativePath(name))
            {
                Assert.Throws<ModelStoreException>(() => { SafeName.Below(folder.Path, name, "The name"); });
                return;
            }

            var path = Path.GetFullPath(SafeName.Below(folder.Path, name, "The name"));
            Assert.StartsWith(folder.Path + Path.DirectorySeparatorChar, path, StringComparison.Ordinal);
            Assert.Equal(name, Path.GetRelativePath(folder.Path, path).Replace('\\', '/'));
            Assert.DoesNotContain(name.Split('/'), s => s.StartsWith("con", StringComparison.OrdinalIgnoreCase) || s.EndsWith('.') || s.EndsWith(' '));
        }, iter: 3_000);
    }

    [Fact]
    public void The_environment_is_read_as_huggingface_hub_reads_it()
    {
        var home = Path.Combine("~", ".cache", "huggingface").Replace("~", "/home/me", StringComparison.Ordinal);
        Assert.Equal(Path.Combine(home, "hub"), Of().CacheFolder);
        Assert.Equal(Path.Combine("/x", "huggingface", "hub"), Of(("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal(Path.Combine("/hf", "hub"), Of(("HF_HOME", "/hf"), ("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal("/old", Of(("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HOME", "/hf")).CacheFolder);
        Assert.Equal("/new", Of(("HF_HUB_CACHE", "/new"), ("HUGGINGFACE_HUB_CACHE", "/old")).CacheFolder);
        Assert.Equal(Path.Combine("/home/me", "models"), Of(("HF_HUB_CACHE", "~/models")).CacheFolder);
        Assert.Equal("https://huggingface.co", Of().Endpoint);
        Assert.Equal("https://mirror/x", Of(("HF_ENDPOINT", "https://mirror/x/")).Endpoint);
        Assert.False(Of().Offline);
        Assert.False(Of(("HF_HUB_OFFLINE", "0")).Offline);
        foreach (var yes in (string[])["1", "true", "YES", "on"]) Assert.True(Of(("HF_HUB_OFFLINE", yes)).Offline);
        Assert.Equal(["/a", "/b"], Of(("STYLEPROTECT_MODELS", $"/a{Path.PathSeparator} {Path.PathSeparator}/b")).ModelFolders);
    }

    [Fact]
    public void The_token_comes_from_a_variable_or_a_file_and_is_checked()
    {
        using var folder = new TempFolder();
        var home = ("HF_HOME", folder.Path);
        Assert.Null(Of(home).Token());
        File.WriteAllText(folder["token"], "hf_file\n");
        Assert.Equal("hf_file", Of(home).Token()?.Value);
        Assert.Equal("hf_variable", Of(home, ("HF_TOKEN", " hf_variable ")).Token()?.Value);
        Assert.DoesNotContain("hf_variable", Of(("HF_TOKEN", "hf_variable")).Token()!.ToString(), StringComparison.Ordinal);
        var split = Assert.Throws<ModelStoreException>(() => Of(("HF_TOKEN", "hf_a\r\nX-Evil: 1")).Token());
        Assert.DoesNotContain("hf_a", split.Message, StringComparison.Ordinal);
        File.WriteAllText(folder["token"], new string('x', 5_000));
        Assert.Throws<ModelStoreException>(() => Of(home).Token());
    }

    [Fact]
    public void A_lock_is_held_by_one_at_a_time()
    {
        using var folder = new TempFolder();
        var file = folder["x.lock"];
        using (var held = BlobLock.TryAcquire(file))
        {
            Assert.NotNull(held);
            Assert.Null(BlobLock.TryAcquire(file));
        }

        using var again = BlobLock.TryAcquire(file);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task Waiting_for_a_lock_can_be_cancelled_and_is_told_once()
    {
        using var folder = new TempFolder();
        using var held = BlobLock.TryAcquire(folder["x.lock"]);
        using var stop = new CancellationTokenSource();
        var told = 0;
        var waiting = BlobLock.AcquireAsync(folder["x.lock"], () => told++, stop.Token);
        await Task.Delay(120, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, told);
    }

    [Fact]
    public void A_record_of_a_branch_that_is_no_commit_is_refused()
    {
        using var folder = new TempFolder();
        var cache = new HubCache(folder.Path);
        var repository = RepositoryName.TryParse("a/b")!;
        Assert.Null(cache.CommitOf(repository));
        cache.WriteRef(repository, new string('a', 40));
        Assert.Equal(new string('a', 40), cache.CommitOf(repository));
        foreach (var wrong in (string[])["../../../etc", "", new string('a', 39), new string('a', 4_000)])
        {
            File.WriteAllText(Path.Combine(cache.FolderOf(repository), "refs", "main"), wrong);
            Assert.Contains("does not hold a commit", Assert.Throws<ModelStoreException>(() => cache.CommitOf(repository)).Message, StringComparison.Ordinal);
        }
    }

    private static HubEnvironment Of(params (string Name, string Value)[] variables) =>
        new(name => variables.FirstOrDefault(v => v.Name == name).Value ?? (name == "HOME" ? "/home/me" : null));
}
