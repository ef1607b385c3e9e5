using StyleProtect.MiniModel.Training.Commands;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Commands;

/// <summary>Commands and options that were renamed still answer to what they were called before.</summary>
public class FormerNamesTests
{
    [Fact]
    public void Classifiers_may_still_be_called_judges()
    {
        Assert.Empty(ClassifierCommand.Create().Parse("style --data d --out o --export e").Errors);
        Assert.Contains("judge", ClassifierCommand.Create().Aliases);
        var evaluate = EvaluateCommand.Create();
        foreach (var option in (string[])["--classifiers", "--judges"])
            Assert.Equal("c", evaluate.Parse($"--data d --model m {option} c").GetValue<DirectoryInfo?>("--classifiers")!.Name);
    }
}
