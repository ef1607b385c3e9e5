using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using StyleProtect.Protection;
using Xunit;

namespace StyleProtect.Tests.Protection;

/// <summary>Methods as text: in configuration, in JSON, on the command line.</summary>
public sealed class MethodTextTests
{
    public static TheoryData<string> Names => [.. ProtectionMethod.BuiltIn.Select(m => m.Name)];

    [Fact]
    public void Options_bind_from_configuration()
    {
        var options = Bound(("Method", "mist-v2"), ("Steps", "7"), ("Epsilon", "5.5"), ("OfficialScript", "true"), ("Precision", "Float32"));
        Assert.Same(ProtectionMethod.MistV2, options.Method);
        Assert.Equal((7, 5.5, true, Precision.Float32), (options.Steps, options.Epsilon, options.OfficialScript, options.Precision));
        Assert.Equal(42, options.Seed);
        Assert.Same(ProtectionMethod.StyleProtect, Bound(("Seed", "7")).Method);
    }

    [Fact]
    public void A_hosts_default_settings_bind_too()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["StyleProtect:QueueLimit"] = "3",
            ["StyleProtect:Device"] = "Cpu",
            ["StyleProtect:Defaults:Method"] = "photoguard",
            ["StyleProtect:Defaults:Steps"] = "9",
        }).Build();
        var options = new StyleProtectorOptions();
        configuration.GetSection("StyleProtect").Bind(options);
        Assert.Equal((3, ComputeDevice.Cpu), (options.QueueLimit, options.Device));
        Assert.Same(ProtectionMethod.PhotoGuard, options.Defaults.Method);
        Assert.Equal(9, options.Defaults.Steps);
    }

    [Fact]
    public void An_unknown_name_in_configuration_lists_the_methods()
    {
        var e = Assert.Throws<InvalidOperationException>(() => Bound(("Method", "mist-v3")));
        var cause = Assert.IsType<FormatException>(e.GetBaseException());
        Assert.Contains("'mist-v3'", cause.Message, StringComparison.Ordinal);
        Assert.Contains("styleprotect, caat, advdm", cause.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_is_read_back_as_the_same_method(string name)
    {
        var method = ProtectionMethod.Parse(name);
        Assert.Equal((name, name), (method.Name, method.ToString()));
        Assert.Same(method, TypeDescriptor.GetConverter(typeof(ProtectionMethod)).ConvertFromInvariantString(name));
        var json = JsonSerializer.Serialize(method);
        Assert.Equal($"\"{name}\"", json);
        Assert.Same(method, JsonSerializer.Deserialize<ProtectionMethod>(json));
    }

    [Theory]
    [InlineData("MistV2", "mist-v2")]
    [InlineData("RandomNoise", "random")]
    [InlineData("PhotoGuard", "photoguard")]
    [InlineData("StyleDistance", "style-distance")]
    [InlineData("AdvDm", "advdm")]
    [InlineData(" styleprotect ", "styleprotect")]
    public void The_names_of_version_0_1_are_understood(string text, string name)
    {
        Assert.Equal(name, ProtectionMethod.Parse(text).Name);
        Assert.Equal(name, JsonSerializer.Deserialize<ProtectionMethod>(JsonSerializer.Serialize(text))!.Name);
        Assert.Equal(name, Bound(("Method", text)).Method.Name);
    }

    [Theory]
    [InlineData("\"mist-v3\"", "'mist-v3'")]
    [InlineData("\"\"", "''")]
    [InlineData("7", "''")]
    [InlineData("{}", "''")]
    public void What_is_no_method_in_JSON_lists_the_methods(string json, string said)
    {
        var e = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ProtectionMethod>(json));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Contains("styleprotect, caat, advdm", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Neither_is_a_parse_of_it()
    {
        Assert.Contains("mist, mist-v2", Assert.Throws<FormatException>(() => ProtectionMethod.Parse("mist-v3")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => ProtectionMethod.Parse(null!));
        Assert.False(ProtectionMethod.TryParse(null, out var none));
        Assert.Null(none);
        Assert.Null(JsonSerializer.Deserialize<ProtectionMethod>("null"));
    }

    private static ProtectionOptions Bound(params (string Key, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.ToDictionary(v => v.Key, v => (string?)v.Value, StringComparer.Ordinal)).Build().Get<ProtectionOptions>()!;
}
