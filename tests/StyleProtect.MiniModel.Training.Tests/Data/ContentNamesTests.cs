using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class ContentNamesTests
{
    private static readonly HashSet<string> s_set =
        new(StringComparer.Ordinal) { "waving-hand", "waving-hand-light", "waving-hand-medium-light", "waving-hand-medium", "waving-hand-medium-dark",
        "waving-hand-dark", "vertical-traffic-light", "vertical-traffic" };

    [Theory]
    [InlineData("grinning-face", "grinning face")]
    [InlineData("1st-place-medal", "first place medal")]
    [InlineData("Red__Heart", "red heart")]
    public void Names_become_words(string name, string words) => Assert.Equal(words, ContentNames.ToWords(name));

    [Theory]
    [InlineData("waving-hand-medium-dark", "skin tone")]
    [InlineData("waving-hand-light", "skin tone")]
    [InlineData("waving-hand-light-skin-tone", "skin tone")]
    [InlineData("men-wrestling-tone1", "skin tone")]
    [InlineData("flag-for-zambia", "flag")]
    [InlineData("keycap-9", "keycap")]
    [InlineData("waving-hand", null)]
    [InlineData("vertical-traffic-light", null)]
    [InlineData("black-touch-tone-telephone", null)]
    public void Flags_keycaps_and_skin_tones_are_left_out(string name, string? reason) => Assert.Equal(reason, ContentNames.Exclusion(name, s_set));

    [Theory]
    [InlineData("grinning face", true)]
    [InlineData("piñata", false)]
    [InlineData("room 101", false)]
    [InlineData("", false)]
    public void Only_letters_are_plain(string words, bool plain) => Assert.Equal(plain, ContentNames.IsPlain(words));
}
