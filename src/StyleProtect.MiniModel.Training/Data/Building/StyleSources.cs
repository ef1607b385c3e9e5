namespace StyleProtect.MiniModel.Training.Data.Building;

/// <summary>The styles of the data set with their pinned packages and licences.</summary>
internal static class StyleSources
{
    internal const string DiceBearVersion = "9.4.3";
    private const string Core = "@dicebear/collection";

    /// <summary>Icon sets in which one studio drew the same contents; training sets first, the set that names the contents before the others.</summary>
    internal static IReadOnlyList<StyleSource> Icons { get; } =
    [
        new("noto", "Noto Emoji", "Google Inc", "@iconify-json/noto", "1.2.9", "Apache-2.0", "https://github.com/googlefonts/noto-emoji", StyleRole.Training),
        new(
            "notoold", "Noto Emoji (v1)", "Google Inc", "@iconify-json/noto-v1", "1.2.5", "Apache-2.0", "https://github.com/googlefonts/noto-emoji",
            StyleRole.Training),
        new("twemoji", "Twitter Emoji", "Twitter", "@iconify-json/twemoji", "1.2.5", "CC-BY-4.0", "https://github.com/jdecked/twemoji", StyleRole.Training),
        new(
            "emojione", "Emoji One (Colored)", "Emoji One", "@iconify-json/emojione", "1.2.3", "CC-BY-4.0", "https://github.com/EmojiTwo/emojitwo",
            StyleRole.Training),
        new(
            "fluent", "Fluent Emoji", "Microsoft Corporation", "@iconify-json/fluent-emoji", "1.2.7", "MIT", "https://github.com/microsoft/fluentui-emoji",
            StyleRole.Training),
        new(
            "fluentflat", "Fluent Emoji Flat", "Microsoft Corporation", "@iconify-json/fluent-emoji-flat", "1.2.6", "MIT",
            "https://github.com/microsoft/fluentui-emoji", StyleRole.Training),
        new(
            "emojionemono", "Emoji One (Monotone)", "Emoji One", "@iconify-json/emojione-monotone", "1.2.1", "CC-BY-4.0",
            "https://github.com/EmojiTwo/emojitwo", StyleRole.Training, Joined: true),
        new(
            "fluentcontrast", "Fluent Emoji High Contrast", "Microsoft Corporation", "@iconify-json/fluent-emoji-high-contrast", "1.2.6", "MIT",
            "https://github.com/microsoft/fluentui-emoji", StyleRole.Training, Joined: true),
        new("openmoji", "OpenMoji", "OpenMoji", "@iconify-json/openmoji", "1.2.29", "CC-BY-SA-4.0", "https://github.com/hfg-gmuend/openmoji", StyleRole.Unseen),
        new(
            "emojioneold", "Emoji One (v1)", "Emoji One", "@iconify-json/emojione-v1", "1.2.3", "CC-BY-SA-4.0", "https://github.com/joypixels/emojione-legacy",
            StyleRole.Unseen),
        new("fxemoji", "Firefox OS Emoji", "Mozilla", "@iconify-json/fxemoji", "1.2.2", "Apache-2.0", "https://github.com/mozilla/fxemoji", StyleRole.Unseen),
        new(
            "streamline", "Streamline Emojis", "Streamline", "@iconify-json/streamline-emojis", "1.2.4", "CC-BY-4.0",
            "https://github.com/webalys-hq/streamline-vectors", StyleRole.Unseen),
    ];

    /// <summary>Designers of DiceBear characters; the identifier is the collection's export name in lower case.</summary>
    internal static IReadOnlyList<StyleSource> Characters { get; } =
    [
        Character("lorelei", "Lorelei", "Lisa Wischofsky", "CC0-1.0", "https://www.figma.com/community/file/1198749693280469639"),
        Character("notionists", "Notionists", "Zoish", "CC0-1.0", "https://heyzoish.gumroad.com/l/notionists"),
        Character("openPeeps", "Open Peeps", "Pablo Stanley", "CC0-1.0", "https://www.openpeeps.com/") with { Role = StyleRole.Training, Joined = true },
        Character("adventurer", "Adventurer", "Lisa Wischofsky", "CC-BY-4.0", "https://www.figma.com/community/file/1184595184137881796"),
        Character(
            "micah", "Avatar Illustration System", "Micah Lanier", "CC-BY-4.0",
            "https://www.figma.com/community/file/829741575478342595") with { Role = StyleRole.Training, Joined = true },
        Character("croodles", "Croodles", "vijay verma", "CC-BY-4.0", "https://www.figma.com/community/file/966199982810283152"),
    ];

    /// <summary>The npm packages to install, as <c>name@version</c>.</summary>
    internal static IEnumerable<string> NpmPackages =>
        Icons.Select(s => $"{s.Package}@{s.Version}").Append($"@dicebear/core@{DiceBearVersion}").Append($"{Core}@{DiceBearVersion}");

    /// <summary>Clip-art authors whose drawings widen what the autoencoder sees; the author is spelled as the files spell the creator.</summary>
    internal static IReadOnlyList<StyleSource> ClipArtists { get; } =
    [
        ClipArtist("gerald", "Gerald G."),
        ClipArtist("buculei", "Nicu Buculei"),
        ClipArtist("rollandin", "Architetto Francesco Rollandin"),
        ClipArtist("hevia", "Jose Hevia"),
        ClipArtist("balin", "Jean-Victor Balin"),
        ClipArtist("fitzsimon", "Andy Fitzsimon"),
        ClipArtist("park", "Benji Park"),
        ClipArtist("krug", "Juliane Krug"),
    ];

    private static StyleSource ClipArtist(string id, string name) =>
        new(id, "Open Clip Art Library", name, "openclipart-svg", "0.18", "public domain", "https://openclipart.org/", StyleRole.Autoencoder);

    private static StyleSource Character(string id, string title, string author, string licence, string url) =>
        new(id, title, author, Core, DiceBearVersion, licence, url, StyleRole.Unseen);
}
