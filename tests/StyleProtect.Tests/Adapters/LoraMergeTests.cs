using StyleProtect.Diffusion.Adapters;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using StyleProtect.Tests.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Adapters;

/// <summary>Merged weights equal the formulas, written out in loops, for every kind of adapter.</summary>
public sealed class LoraMergeTests : IDisposable
{
    private const string Block = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k", Query = "unet." + Block;
    private const string Convolution = "unet.down_blocks.0.resnets.0.conv1";
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly TemporaryFolder _folder = new();
    private readonly Generator _generator = new(5);
    private readonly Linear _linear = new(6, 4);
    private readonly Conv2d _convolution = new(6, 4, 3, padding: 1);
    private readonly Dictionary<string, IAdaptable> _layers;
    private readonly double[] _linearBefore;
    private readonly double[] _convolutionBefore;

    public LoraMergeTests()
    {
        using var frozen = no_grad();
        foreach (var p in _linear.parameters().Concat(_convolution.parameters())) p.copy_(randn(p.shape, generator: _generator));
        _layers = new(StringComparer.Ordinal) { [Query] = _linear, [Convolution] = _convolution };
        _linearBefore = Values(_linear.Weight);
        _convolutionBefore = Values(_convolution.Weight);
    }

    private string File => _folder["lora.safetensors"];

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    [InlineData(-2.0)]
    [InlineData(0.0)]
    public void Plain(double weight)
    {
        var (down, up) = (Random(2, 6), Random(4, 2));
        Write((Query + ".lora_A.weight", down), (Query + ".lora_B.weight", up), (Query + ".alpha", tensor(3.0f)));
        Assert.Equal(1, LoraMerge.Merge(_layers, File, weight).Layers);
        AssertLinear((o, i) => weight * 3 / 2 * Product(up, down, o, i));
        Assert.Equal(_convolutionBefore, Values(_convolution.Weight));
    }

    [Fact]
    public void Files_add_up_and_twice_is_twice()
    {
        var (down, up) = (Random(2, 6), Random(4, 2));
        Write((Query + ".lora_A.weight", down), (Query + ".lora_B.weight", up));
        LoraMerge.Merge(_layers, File, 1);
        LoraMerge.Merge(_layers, File, 1);
        LoraMerge.Merge(_layers, File, -0.5);
        AssertLinear((o, i) => 1.5 * Product(up, down, o, i));
    }

    [Fact]
    public void On_a_convolution_in_both_forms_and_with_a_kernel_between()
    {
        var (down, up) = (Random(2, 6, 3, 3), Random(4, 2, 1, 1));
        Write((Convolution + ".lora_A.weight", down), (Convolution + ".lora_B.weight", up));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => Product(up.flatten(1), down.flatten(1), o, i));
        Restore();
        var (low, mid) = (Random(2, 6, 1, 1), Random(2, 2, 3, 3));
        Write((Convolution + ".lora_down.weight", low), (Convolution + ".lora_up.weight", up), (Convolution + ".lora_mid.weight", mid));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => Sum(2, a => Sum(2, b => At(up.flatten(1), o, a) * At(mid, a, b, i % 9 / 3, i % 3) * At(low.flatten(1), b, i / 9))));
    }

    [Theory]
    [InlineData("rows")]
    [InlineData("columns")]
    [InlineData("peft")]
    public void Dora(string kind)
    {
        var (down, up, lengths) = (Random(2, 6), Random(4, 2), Random(kind is "columns" ? [1, 6] : kind is "rows" ? [4, 1] : [4]).abs());
        var key = Query + (kind is "peft" ? ".lora_magnitude_vector" : ".dora_scale");
        Write((Query + ".lora_A.weight", down), (Query + ".lora_B.weight", up), (Query + ".alpha", tensor(4.0f)), (key, lengths));
        LoraMerge.Merge(_layers, File, 0.5);
        double Changed(int o, int i) => _linearBefore[o * 6 + i] + 2 * Product(up, down, o, i);
        double Norm(int o, int i) => Math.Sqrt(kind is "columns" ? Sum(4, r => Math.Pow(Changed(r, i), 2)) : Sum(6, c => Math.Pow(Changed(o, c), 2)));
        double Length(int o, int i) => At(lengths.flatten(), kind is "columns" ? i : o);
        AssertLinear((o, i) => 0.5 * (Changed(o, i) * Length(o, i) / Norm(o, i) - _linearBefore[o * 6 + i]));
    }

    [Fact]
    public void Dora_of_a_convolutions_columns()
    {
        var (down, up, lengths) = (Random(2, 6, 3, 3), Random(4, 2, 1, 1), Random(1, 6, 1, 1).abs());
        Write((Convolution + ".lora_down.weight", down), (Convolution + ".lora_up.weight", up), (Convolution + ".dora_scale", lengths));
        LoraMerge.Merge(_layers, File, 1);
        double Changed(int o, int i) => _convolutionBefore[o * 54 + i] + Product(up.flatten(1), down.flatten(1), o, i);
        AssertConvolution((o, i) => Changed(o, i) * At(lengths.flatten(), i / 9) /
            Math.Sqrt(Sum(4, r => Sum(9, k => Math.Pow(Changed(r, i / 9 * 9 + k), 2)))) - _convolutionBefore[o * 54 + i]);
    }

    [Fact]
    public void Loha()
    {
        var (a1, b1, a2, b2) = (Random(4, 2), Random(2, 6), Random(4, 2), Random(2, 6));
        Write((Query + ".hada_w1_a", a1), (Query + ".hada_w1_b", b1), (Query + ".hada_w2_a", a2), (Query + ".hada_w2_b", b2), (Query + ".alpha", tensor(1.0f)));
        LoraMerge.Merge(_layers, File, 1);
        AssertLinear((o, i) => 0.5 * Product(a1, b1, o, i) * Product(a2, b2, o, i));
    }

    [Fact]
    public void Loha_on_a_convolution()
    {
        var (a1, b1, t1) = (Random(2, 4), Random(2, 6), Random(2, 2, 3, 3));
        var (a2, b2, t2) = (Random(2, 4), Random(2, 6), Random(2, 2, 3, 3));
        Write(
            (Convolution + ".hada_w1_a", a1), (Convolution + ".hada_w1_b", b1), (Convolution + ".hada_t1", t1),
            (Convolution + ".hada_w2_a", a2), (Convolution + ".hada_w2_b", b2), (Convolution + ".hada_t2", t2));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => Tucker(a1, b1, t1, o, i) * Tucker(a2, b2, t2, o, i));
        Restore();
        var (x1, y1, x2, y2) = (Random(4, 2), Random(2, 54), Random(4, 2), Random(2, 54));
        Write(
            (Convolution + ".hada_w1_a", x1), (Convolution + ".hada_w1_b", y1), (Convolution + ".hada_w2_a", x2), (Convolution + ".hada_w2_b", y2));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => Product(x1, y1, o, i) * Product(x2, y2, o, i));
    }

    [Fact]
    public void Lokr()
    {
        var (w1, w2) = (Random(2, 3), Random(2, 2));
        Write((Query + ".lokr_w1", w1), (Query + ".lokr_w2", w2), (Query + ".alpha", tensor(7.0f))); // without a rank α means nothing
        LoraMerge.Merge(_layers, File, 1);
        AssertLinear((o, i) => At(w1, o / 2, i / 2) * At(w2, o % 2, i % 2));
        Restore();
        var (a, b, c, d) = (Random(2, 1), Random(1, 3), Random(2, 1), Random(1, 2));
        Write((Query + ".lokr_w1_a", a), (Query + ".lokr_w1_b", b), (Query + ".lokr_w2_a", c), (Query + ".lokr_w2_b", d), (Query + ".alpha", tensor(3.0f)));
        LoraMerge.Merge(_layers, File, 1);
        AssertLinear((o, i) => 3 * Product(a, b, o / 2, i / 2) * Product(c, d, o % 2, i % 2));
    }

    [Fact]
    public void Lokr_on_a_convolution()
    {
        var (w1, w2) = (Random(2, 3), Random(2, 2, 3, 3));
        Write((Convolution + ".lokr_w1", w1), (Convolution + ".lokr_w2", w2));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => At(w1, o / 2, i / 9 / 2) * At(w2, o % 2, i / 9 % 2, i % 9 / 3, i % 3));
        Restore();
        var (a, b, t) = (Random(2, 2), Random(2, 2), Random(2, 2, 3, 3));
        Write((Convolution + ".lokr_w1", w1), (Convolution + ".lokr_w2_a", a), (Convolution + ".lokr_w2_b", b), (Convolution + ".lokr_t2", t));
        LoraMerge.Merge(_layers, File, 1);
        AssertConvolution((o, i) => At(w1, o / 2, i / 9 / 2) * Tucker(a, b, t, o % 2, i / 9 % 2 * 9 + i % 9));
    }

    [Fact]
    public void Whole_differences_of_weight_and_bias()
    {
        var (weight, bias) = (Random(4, 6), Random(4));
        var before = Values(_linear.Bias!);
        Write((Query + ".diff", weight), (Query + ".diff_b", bias));
        LoraMerge.Merge(_layers, File, 2);
        AssertLinear((o, i) => 2 * At(weight, o, i));
        Assert.All(Enumerable.Range(0, 4), o => Assert.Equal(before[o] + 2 * At(bias, o), Values(_linear.Bias!)[o], 1e-5));
    }

    [Fact]
    public void The_strength_is_that_of_the_metadata()
    {
        var (down, up) = (Random(2, 6), Random(4, 2));
        (string, Tensor)[] tensors = [(Query + ".lora_A.weight", down), (Query + ".lora_B.weight", up)];
        foreach (var (metadata, strength) in new[]
        {
            ("""{"unet.lora_alpha": 8}""", 4), ("""{"unet.lora_alpha": 8, "unet.use_rslora": true}""", 8 / Math.Sqrt(2)),
            ("""{"unet.lora_alpha": 8, "unet.alpha_pattern": {"attn2.to_k": 3, "attn2.to_q": 5}}""", 1.5), ("""{"text_encoder.lora_alpha": 8}""", 1),
        })
        {
            Restore();
            Write(metadata, tensors);
            LoraMerge.Merge(_layers, File, 1);
            AssertLinear((o, i) => strength * Product(up, down, o, i));
        }
    }

    [Fact]
    public void What_peft_saves_has_its_strength_in_a_file_beside()
    {
        var (down, up) = (Random(2, 6), Random(4, 2));
        SafetensorsWriter.Write(_folder["adapter_model.safetensors"], new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            [$"base_model.model.{Block}.lora_A.weight"] = down,
            [$"base_model.model.{Block}.lora_B.weight"] = up,
        });
        Assert.Contains("adapter_config.json", Assert.Single(LoraMerge.Merge(_layers, _folder.Path, 1).Notes), StringComparison.Ordinal);
        AssertLinear((o, i) => Product(up, down, o, i));
        Restore();
        _folder.Write("adapter_config.json", """{"r": 2, "lora_alpha": 6, "peft_type": "LORA"}""");
        Assert.Empty(LoraMerge.Merge(_layers, _folder.Path, 1).Notes);
        AssertLinear((o, i) => 3 * Product(up, down, o, i));
        _folder.Write("adapter_config.json", """{"lora_alpha": "six"}""");
        Assert.Contains("lora_alpha", Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, _folder.Path, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_precision_weights_are_computed_in_fp32_and_stored_in_their_type()
    {
        using var frozen = no_grad();
        using var types = WeightFactory.Use(ScalarType.BFloat16, CPU);
        using var layer = new Linear(6, 4);
        layer.Weight.copy_(_linear.Weight);
        var before = Values(layer.Weight);
        var (down, up) = (Random(2, 6), Random(4, 2));
        Write((Query + ".lora_A.weight", down.to(float16)), (Query + ".lora_B.weight", up.to(float16)));
        LoraMerge.Merge(new Dictionary<string, IAdaptable>(StringComparer.Ordinal) { [Query] = layer }, File, 1);
        Assert.Equal(ScalarType.BFloat16, layer.Weight.dtype);
        var (a, b) = (down.to(float16).to(float32), up.to(float16).to(float32));
        using var expected = tensor(before.Select((w, n) => (float)(w + Product(b, a, n / 6, n % 6))).ToArray()).to(bfloat16);
        Assert.Equal(Values(expected), Values(layer.Weight));
    }

    [Fact]
    public void A_file_that_does_not_fit_changes_nothing()
    {
        void Refused(string reason, params (string Key, Tensor Value)[] tensors)
        {
            Write([(Query + ".lora_A.weight", Random(2, 6)), (Query + ".lora_B.weight", Random(4, 2)), .. tensors]);
            var e = Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, File, 1));
            Assert.Contains(reason, e.Message, StringComparison.Ordinal);
            Assert.StartsWith(File, e.Message, StringComparison.Ordinal);
            Assert.Equal(_linearBefore, Values(_linear.Weight));
            Assert.Equal(_convolutionBefore, Values(_convolution.Weight));
        }

        var c = Convolution;
        Refused("needs hada_w1_a", (c + ".hada_w1_a", Random(4, 2)));
        Refused("needs hada_t1 and hada_t2 together", (c + ".hada_w1_a", Random(2, 4)), (c + ".hada_w1_b", Random(2, 6)), (c + ".hada_w2_a", Random(2, 4)),
            (c + ".hada_w2_b", Random(2, 6)), (c + ".hada_t1", Random(2, 2, 3, 3)));
        Refused("needs lokr_w2", (c + ".lokr_w1", Random(2, 3)));
        Refused("needs lokr_w1", (c + ".lokr_w2", Random(2, 3)));
        Refused("a factor whose sides divide [4, 6]", (c + ".lokr_w1", Random(3, 3)), (c + ".lokr_w2", Random(2, 3)));
        Refused("needs [2, 2, 3, 3]", (c + ".lokr_w1", Random(2, 3)), (c + ".lokr_w2", Random(2, 2, 3, 1)));
        Refused("needs 4 numbers", (Query + ".lora_magnitude_vector", Random(6)));
        Refused("needs [4, 1] or [1, 6]", (Query + ".dora_scale", Random(2, 2)));
        Refused("has DoRA's lengths twice", (Query + ".dora_scale", Random(4, 1)), (Query + ".lora_magnitude_vector", Random(4)));
        Refused("has a low-rank change and a whole one", (Query + ".diff", Random(4, 6)));
        Refused("the layer is not a convolution", (Query + ".lora_mid.weight", Random(2, 2, 3, 3)));
        Refused("the kind OFT, which is not supported", (c + ".oft_blocks", Random(2, 2, 2)));
        Refused("the kind GLoRA", (c + ".a1.weight", Random(2, 2)));
        Refused("are the same matrix", (Query + ".lora_down.weight", Random(2, 6)));
        Refused("must be one number", (Query + ".alpha", Random(2)));
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_refused()
    {
        Write((Query + ".lora_A.weight", Random(2, 6).Mul(double.NaN)), (Query + ".lora_B.weight", Random(4, 2)));
        Assert.Contains("not finite", Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, File, 1)).Message, StringComparison.Ordinal);
        Write((Query + ".lora_A.weight", Random(2, 6)), (Query + ".lora_B.weight", Random(4, 2)), (Query + ".alpha", tensor(float.PositiveInfinity)));
        Assert.Contains("must be finite", Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, File, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => LoraMerge.Merge(_layers, File, double.NaN));
    }

    [Fact]
    public void A_missing_file_and_a_folder_without_one_are_named()
    {
        Assert.Contains("There is no LoRA file", Refused(_folder["none.safetensors"]), StringComparison.Ordinal);
        Assert.Contains("pytorch_lora_weights.safetensors", Refused(_folder.Path), StringComparison.Ordinal);
        _folder.Write("old.pt", "x");
        Assert.Contains("pickle", Refused(_folder["old.pt"]), StringComparison.Ordinal);

        string Refused(string path) => Assert.Throws<CheckpointException>(() => LoraMerge.Merge(_layers, path, 1)).Message;
    }

    public void Dispose()
    {
        _linear.Dispose();
        _convolution.Dispose();
        _generator.Dispose();
        _folder.Dispose();
        _scope.Dispose();
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);

    private void Write(params (string Key, Tensor Value)[] tensors) => Write(null, tensors);

    private void Write(string? metadata, (string Key, Tensor Value)[] tensors) => SafetensorsWriter.Write(
        File, tensors.ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal),
        metadata is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["lora_adapter_metadata"] = metadata });

    private void Restore()
    {
        using var frozen = no_grad();
        _linear.Weight.copy_(tensor(_linearBefore).reshape(_linear.Weight.shape));
        _convolution.Weight.copy_(tensor(_convolutionBefore).reshape(_convolution.Weight.shape));
    }

    private void AssertLinear(Func<int, int, double> change) => AssertChange(_linear.Weight, _linearBefore, 6, change);

    private void AssertConvolution(Func<int, int, double> change) => AssertChange(_convolution.Weight, _convolutionBefore, 54, change);

    private static void AssertChange(Tensor weight, double[] before, int columns, Func<int, int, double> change)
    {
        var after = Values(weight);
        for (var n = 0; n < after.Length; n++) Assert.Equal(before[n] + change(n / columns, n % columns), after[n], 1e-4);
    }

    private static double Product(Tensor up, Tensor down, int o, int i) => Sum((int)down.shape[0], r => At(up, o, r) * At(down, r, i));

    /// <summary>Σ t[a, b, k] · A[a, o] · B[b, i] at kernel place k.</summary>
    private static double Tucker(Tensor a, Tensor b, Tensor t, int o, int i) =>
        Sum(2, p => Sum(2, q => At(t, p, q, i % 9 / 3, i % 3) * At(a, p, o) * At(b, q, i / 9)));

    private static double Sum(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term);

    private static double At(Tensor t, params int[] at)
    {
        long place = 0;
        for (var d = 0; d < at.Length; d++) place = place * t.shape[d] + at[d];
        return t.data<float>()[place];
    }

    private static double[] Values(Tensor t)
    {
        using var scope = NewDisposeScope();
        return t.detach().to(float64).flatten().contiguous().data<double>().ToArray();
    }
}
