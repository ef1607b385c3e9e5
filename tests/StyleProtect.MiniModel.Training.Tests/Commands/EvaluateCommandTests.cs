using System.Text.Json.Nodes;
using StyleProtect.MiniModel.Training.Commands;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Commands;

public class EvaluateCommandTests
{
    [Fact]
    public void Every_value_has_a_line_with_its_name()
    {
        var measured = JsonNode.Parse("""{"psnr":29.1,"samples":{"style":0.5,"unknown":null},"dreambooth":[{"style":"openmoji","after":[0.4,0.3,0.5]}]}""");
        Assert.Equal(
            ["psnr: 29.1", "samples.style: 0.5", "samples.unknown: unknown", "dreambooth[0].style: \"openmoji\"", "dreambooth[0].after: [0.4,0.3,0.5]"],
            EvaluateCommand.Lines(measured, ""));
    }
}
