using StyleProtect.MiniModel.Training.Data;
using StyleProtect.MiniModel.Training.Data.Building;
using Xunit;

namespace StyleProtect.MiniModel.Training.Tests.Data;

public class PackIndexTests
{
    [Fact]
    public void What_was_dropped_is_read_again_with_and_without_a_twin()
    {
        var path = Path.GetTempFileName();
        try
        {
            DroppedPicture[] dropped = [new("noto", "white", "blank", "white square"), new("noto", "puppy", "same picture as dog", "puppy", "dog")];
            new PackIndex("f", [new("dog", "dog")], dropped).Write(path);
            Assert.Equal(dropped, PackIndex.TryRead(path, "f")!.Dropped);
            Assert.Null(PackIndex.TryRead(path, "another"));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
