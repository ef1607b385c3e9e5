using StyleProtect.Cli.Text;
using Xunit;

namespace StyleProtect.Cli.Tests.Reporting;

public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.8492, "-0.85")]
    [InlineData(-5.173, "-5.17")]
    [InlineData(42.4, "42")]
    [InlineData(0.0004306, "4.3e-4")]
    [InlineData(-2.6e-7, "-2.6e-7")]
    [InlineData(0.071, "0.07")]
    public void Significant_figures_are_short(double value, string text) => Assert.Equal(text, Format.Significant(value));
}
