using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Models.Layers;
using StyleProtect.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Checkpoints;

public class StateDictionaryLoaderTests
{
    [Fact]
    public void Parameters_and_buffers_get_the_files_values()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new Toy();
        var weights = Random(module);
        using var source = Write(folder, weights);
        StateDictionaryLoader.Load(module, source);
        foreach (var (name, tensor) in module.state_dict()) Assert.True(tensor.equal(weights[name]).all().item<bool>(), name);
        Assert.All(module.parameters(), p => Assert.True(p.requires_grad));
    }

    [Theory]
    [InlineData(ScalarType.Float16, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    public void Values_are_converted_to_the_modules_type(ScalarType stored, ScalarType wanted)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var types = WeightFactory.Use(wanted, CPU);
        using var module = new OwnLayers();
        var weights = Random(module).ToDictionary(w => w.Key, w => w.Value.to(stored), StringComparer.Ordinal);
        using var source = Write(folder, weights);
        StateDictionaryLoader.Load(module, source);
        foreach (var (name, parameter) in module.named_parameters())
        {
            Assert.Equal(wanted, parameter.dtype);
            Assert.True(parameter.equal(weights[name].to(wanted)).all().item<bool>(), name);
        }
    }

    [Fact]
    public void A_module_that_keeps_its_children_in_fields_too_needs_each_weight_once()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new OwnLayers();
        var weights = Random(module);
        Assert.Equal(["conv_in.bias", "conv_in.weight", "proj.0.bias", "proj.0.weight", "proj.1.bias", "proj.1.weight"],
            weights.Keys.Order(StringComparer.Ordinal));
        using var source = Write(folder, weights);
        StateDictionaryLoader.Load(module, source);
        // The fields are the parameters that were filled, not copies of them.
        Assert.True(module.Convolution.Weight.equal(weights["conv_in.weight"]).all().item<bool>());
        Assert.True(module.Projections[1].Weight.equal(weights["proj.1.weight"]).all().item<bool>());
        weights["_convIn.weight"] = zeros(1);
        using var twice = Write(folder, weights, "twice");
        Assert.Contains("1 unexpected: _convIn.weight", Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Load(module, twice)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_on_the_meta_device_are_checked_without_loading()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var real = new OwnLayers();
        var weights = Random(real);
        using var source = Write(folder, weights);
        using var types = WeightFactory.Use(ScalarType.Float32, new Device(DeviceType.META));
        using var meta = new OwnLayers();
        StateDictionaryLoader.Verify(meta, source);
        weights["proj.0.weight"] = zeros(3, 3);
        weights.Remove("proj.1.bias");
        using var wrong = Write(folder, weights, "wrong");
        var message = Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Verify(meta, wrong)).Message;
        Assert.Contains("1 missing: proj.1.bias", message, StringComparison.Ordinal);
        Assert.Contains("proj.0.weight (is [3, 3], needs [5, 4])", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_unexpected_and_misshapen_keys_are_listed_and_nothing_is_loaded()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new Toy();
        var before = module.state_dict().ToDictionary(s => s.Key, s => s.Value.clone());
        var weights = Random(module);
        weights.Remove("first.bias");
        weights["second.weight"] = zeros(3, 5);
        weights["position_ids"] = zeros(4); // a float where integers are needed
        for (var i = 0; i < 15; i++) weights[$"extra.{i:00}"] = zeros(1);
        using var source = Write(folder, weights);
        var message = Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Load(module, source)).Message;
        Assert.Contains("1 missing: first.bias", message, StringComparison.Ordinal);
        Assert.Contains("15 unexpected: extra.00, extra.01", message, StringComparison.Ordinal);
        Assert.Contains("extra.11 and 3 more", message, StringComparison.Ordinal);
        Assert.Contains("second.weight (is [3, 5], needs [5, 3])", message, StringComparison.Ordinal);
        Assert.Contains("position_ids (is Float32, needs Int64)", message, StringComparison.Ordinal);
        Assert.Contains("Toy", message, StringComparison.Ordinal);
        Assert.Contains(source.Name, message, StringComparison.Ordinal);
        foreach (var (name, tensor) in module.state_dict()) Assert.True(tensor.equal(before[name]).all().item<bool>(), name);
    }

    [Fact]
    public void Ignored_keys_may_be_there()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new Toy();
        var weights = Random(module);
        weights["text_model.embeddings.position_ids"] = TensorMath.Arange(77);
        using var source = Write(folder, weights);
        Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Load(module, source));
        StateDictionaryLoader.Load(module, source, new StateDictionaryOptions { Ignored = ["text_model.embeddings.position_ids"] });
    }

    [Fact]
    public void A_module_on_the_meta_device_is_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var real = nn.Linear(3, 2);
        using var source = Write(folder, Random(real));
        using var meta = nn.Linear(3, 2, device: new Device(DeviceType.META));
        Assert.Contains("meta", Assert.Throws<InvalidOperationException>(() => StateDictionaryLoader.Load(meta, source)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encoder.mid_block.attentions.0.query.weight", "encoder.mid_block.attentions.0.to_q.weight")]
    [InlineData("encoder.mid_block.attentions.0.key.bias", "encoder.mid_block.attentions.0.to_k.bias")]
    [InlineData("decoder.mid_block.attentions.12.value.weight", "decoder.mid_block.attentions.12.to_v.weight")]
    [InlineData("decoder.mid_block.attentions.0.proj_attn.bias", "decoder.mid_block.attentions.0.to_out.0.bias")]
    [InlineData("decoder.mid_block.attentions.0.to_q.weight", "decoder.mid_block.attentions.0.to_q.weight")]
    [InlineData("decoder.mid_block.attentions.0.group_norm.weight", "decoder.mid_block.attentions.0.group_norm.weight")]
    [InlineData("decoder.query.weight", "decoder.query.weight")]
    public void Old_attention_names_of_autoencoders(string old, string present) => Assert.Equal(present, AutoencoderKeys.Rename(old));

    [Fact]
    public void Old_attention_weights_of_autoencoders_fit_as_linear_layers()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new OldAttention();
        var q = rand(4, 4);
        using var source = Write(folder,
            new Dictionary<string, Tensor> { ["attentions.0.query.weight"] = q.reshape(4, 4, 1, 1), ["attentions.0.query.bias"] = ones(4) });
        Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Load(module, source));
        StateDictionaryLoader.Load(module, source, AutoencoderKeys.Options);
        Assert.True(module.state_dict()["attentions.0.to_q.weight"].equal(q).all().item<bool>());
    }

    [Fact]
    public void Two_keys_for_one_weight_are_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var module = new OldAttention();
        using var source = Write(folder, new Dictionary<string, Tensor>
        {
            ["attentions.0.query.weight"] = rand(4, 4),
            ["attentions.0.to_q.weight"] = rand(4, 4),
            ["attentions.0.to_q.bias"] = ones(4)
        });
        Assert.Contains("both are 'attentions.0.to_q.weight'",
            Assert.Throws<CheckpointException>(() => StateDictionaryLoader.Load(module, source, AutoencoderKeys.Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loading_leaves_no_tensor_behind()
    {
        using var folder = new TemporaryFolder();
        using var module = new Toy();
        using var source = Write(folder, Random(module));
        StateDictionaryLoader.Load(module, source);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++) StateDictionaryLoader.Load(module, source);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Dictionary<string, Tensor> Random(OwnLayers module) =>
        module.named_parameters().ToDictionary(p => p.name, p => rand(p.parameter.shape), StringComparer.Ordinal);

    private static Dictionary<string, Tensor> Random(nn.Module module) =>
        module.state_dict().ToDictionary(s => s.Key, s => s.Value.is_floating_point()
            ? rand(s.Value.shape) : randint(100, s.Value.shape, dtype: s.Value.dtype));

    private static WeightsSource Write(TemporaryFolder folder, Dictionary<string, Tensor> tensors, string name = "w")
    {
        SafetensorsWriter.Write(folder[$"{name}.safetensors"], tensors);
        return WeightsSource.Open(folder[$"{name}.safetensors"]);
    }

    /// <summary>Built as our models are: registered under diffusers' names, and kept in fields of other names for the forward pass.</summary>
    private sealed class OwnLayers : nn.Module
    {
        private readonly Conv2d _convIn;
        private readonly Linear[] _projections;

        internal OwnLayers()
            : base(nameof(OwnLayers))
        {
            register_module("conv_in", _convIn = new Conv2d(2, 4, 3));
            _projections = [new Linear(4, 5), new Linear(5, 4)];
            register_module("proj", NumberedModules.Of(_projections));
        }

        internal Conv2d Convolution => _convIn;

        internal Linear[] Projections => _projections;
    }

    private sealed class Toy : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Linear first = nn.Linear(4, 3);
        private readonly TorchSharp.Modules.Linear second = nn.Linear(3, 5, hasBias: false);

        internal Toy()
            : base(nameof(Toy))
        {
            register_buffer("position_ids", TensorMath.Arange(4, dtype: int64));
            register_buffer("scratch", zeros(7), persistent: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => second.forward(first.forward(input));
    }

    private sealed class OldAttention : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.ModuleList<nn.Module<Tensor, Tensor>> attentions;

        internal OldAttention()
            : base(nameof(OldAttention))
        {
            attentions = nn.ModuleList<nn.Module<Tensor, Tensor>>(new Layer());
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => attentions[0].forward(input);

        private sealed class Layer : nn.Module<Tensor, Tensor>
        {
            private readonly TorchSharp.Modules.Linear to_q = nn.Linear(4, 4);

            internal Layer()
                : base(nameof(Layer)) => RegisterComponents();

            public override Tensor forward(Tensor input) => to_q.forward(input);
        }
    }
}
