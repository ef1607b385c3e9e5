// Protects one picture with a method of one's own: dotnet run --project samples/OwnMethod -- picture.png protected.png
using OwnMethod;
using StyleProtect.Artworks;
using StyleProtect.Protection;

using var protector = StyleProtector.Create();
var request = new ProtectionRequest(Artwork.Load(args[0])) { Options = new ProtectionOptions { Method = PosteriorShift.Method } };
var result = await protector.ProtectAsync(request);
result.Artworks[0].Artwork.Save(args[1]);
Console.WriteLine($"The distance rose from {result.LossCurve[0]:g3} to {result.LossCurve[^1]:g3}; the latents moved by {result.Artworks[0].LatentShift:p0}.");
