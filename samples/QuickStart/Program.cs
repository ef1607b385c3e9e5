// Protects one picture with the embedded model: dotnet run --project samples/QuickStart -- picture.png protected.png
using StyleProtect.Artworks;
using StyleProtect.Protection;

using var protector = StyleProtector.Create();
var picture = await protector.ProtectAsync(Artwork.Load(args[0]));
picture.Artwork.Save(args[1]);
