using StyleProtect.Attacks;
using StyleProtect.Attacks.Mimicry;
using StyleProtect.Diffusion.Checkpoints;
using StyleProtect.Diffusion.Tokenization;
using StyleProtect.Diffusion.Training;
using StyleProtect.Kernels;
using StyleProtect.Tests.Checkpoints;
using StyleProtect.Tests.Infrastructure;
using StyleProtect.Tests.Protection;
using Xunit;
using static TorchSharp.torch;

namespace StyleProtect.Tests.Attacks;

/// <summary>What LoRA and Textual Inversion learned, saved and painted with again.</summary>
public sealed class LearnedFileTests(TinySimulator tiny) : IClassFixture<TinySimulator>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(AttackKind.LoRA, LoraLayout.Diffusers, false)]
    [InlineData(AttackKind.LoRA, LoraLayout.Kohya, true)]
    [InlineData(AttackKind.TextualInversion, LoraLayout.Diffusers, false)]
    public async Task The_untrained_model_paints_the_same_with_the_file(AttackKind kind, LoraLayout layout, bool convolutions)
    {
        var options = TinySimulator.Options with
        {
            Kind = kind,
            LearningRate = 0.1,
            LoraConvolutions = convolutions,
            LoraAlpha = convolutions
            ? 3 : null,
            TrainTextEncoder = convolutions,
            InitialWord = "painting"
        };
        var request = new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts,
            options)
        { SaveLearned = _folder["learned.safetensors"], LoraLayout = layout };
        var trained = await Run(request);
        var untrained = request with { Options = options with { Kind = AttackKind.None }, SaveLearned = null };
        var without = await Run(untrained);
        var with = await Run(untrained with { UseLearned = request.SaveLearned });
        for (var i = 0; i < TinySimulator.Prompts.Count; i++)
        {
            Assert.True(Differences.Same(trained.Generated[i], with.Generated[i]));
            Assert.False(Differences.Same(trained.Generated[i], without.Generated[i]));
        }

        Assert.All((await Run(untrained)).Generated.Zip(without.Generated), p => Assert.True(Differences.Same(p.First, p.Second)));
    }

    [Fact]
    public async Task Textual_inversion_moves_one_row_only()
    {
        var options = TinySimulator.Options with { Kind = AttackKind.TextualInversion, InitialWord = "painting" };
        await TinySimulator.WithModel(
            tiny.Simulator, model =>
            {
                using var scope = NewDisposeScope();
                using var frozen = no_grad();
                var table = model.TextEncoder.TokenEmbedding;
                var ids = Arange(model.TextEncoder.Config.VocabSize);
                var before = table.forward(ids);
                using (var trained = new TrainedEmbedding(model, new AttackRequest(TinySimulator.Pictures, TinySimulator.Prompts, options)))
                {
                    using var optimizer = new WeightOptimizer(trained);
                    Assert.Equal(before[6].bytes.ToArray(), trained.Vector.bytes.ToArray()); // begins as "painting"
                    trained.Leaves[0].grad = ones_like(trained.Vector);
                    optimizer.Step(new AdamWOptions { LearningRate = 0.1 });
                    var after = table.forward(ids);
                    for (var row = 0; row < ids.shape[0]; row++)
                    {
                        var same = before[row].bytes.SequenceEqual(after[row].bytes);
                        Assert.Equal(row != 7, same); // "sks"
                    }
                }

                Assert.Equal(before.bytes.ToArray(), table.forward(ids).bytes.ToArray());
                return 0;
            });

        static Tensor Arange(long count) => TensorMath.Arange(count, int64);
    }

    [Theory]
    [InlineData("sks", null)]
    [InlineData("Photo", null)]
    [InlineData("<my-style>", "tokens for the model's tokenizer; one is needed")]
    [InlineData("<|endoftext|>", "does not know the word")]
    [InlineData(" ", "is 0 tokens")]
    public void A_word_of_a_clip_tokenizer_is_one_token_or_refused(string word, string? reason)
    {
        using var model = GoldenModels.LatentDiffusion();
        if (reason is null)
            Assert.Equal(Vocabulary.Read(Golden.PathOf("tokenizer/vocab.json")).Ids[word.ToLowerInvariant() + "</w>"], TrainedEmbedding.TokenOf(model, word));
        else Assert.Contains(reason, Assert.Throws<AttackException>(() => TrainedEmbedding.TokenOf(model, word)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_or_does_not_fit_is_named()
    {
        var request = new AttackRequest([], TinySimulator.Prompts, TinySimulator.Options with { Kind = AttackKind.None });
        var before = await tiny.Weights();
        await Assert.ThrowsAsync<FileNotFoundException>(() => Run(request with { UseLearned = _folder["none.safetensors"] }));
        SafetensorsWriter.Write(_folder["other.safetensors"], new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["a"] = ones(3) });
        var e = await Assert.ThrowsAsync<CheckpointException>(() => Run(request with { UseLearned = _folder["other.safetensors"] }));
        Assert.Contains("has the shape [3]", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, await tiny.Weights());
    }

    private Task<AttackResult> Run(AttackRequest request) => tiny.Simulator.SimulateAsync(request, cancellationToken: TestContext.Current.CancellationToken);
}
