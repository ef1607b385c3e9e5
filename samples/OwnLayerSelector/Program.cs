// Protects one picture with layers of one's own choice: dotnet run --project samples/OwnLayerSelector -- picture.png protected.png
using OwnLayerSelector;
using StyleProtect.Artworks;
using StyleProtect.Protection;

using var protector = StyleProtector.Create();
var options = new ProtectionOptions { Layers = new CoarsestLayers(weights: protector.Layers.CrossAttention.Sum(layer => layer.KeyValueParameters) / 3) };
var result = await protector.ProtectAsync(new ProtectionRequest(Artwork.Load(args[0])) { Options = options });
result.Artworks[0].Artwork.Save(args[1]);
Console.WriteLine($"Trained {result.TrainedParameters} weights of {string.Join(", ", result.Layers)}; loss {result.LossBefore:0.000} → " +
    $"{result.LossAfter:0.000}.");
