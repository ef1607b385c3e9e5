using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using StyleProtect.Benchmarks.Kernels;
using StyleProtect.Native;
using TorchSharp;

// `profile` shows what the managed attention's time goes to; `attention` compares the forms of attention over the models' shapes; `ratios` compares the
// implementations in one process, call by call in turn, and prints medians: the way to measure on a machine that does other work. Everything else goes to
// BenchmarkDotNet (in this process, because libtorch is chosen by this project).
TorchRuntime.EnsureLoaded();
torch.set_num_threads(Environment.ProcessorCount);
if (args is ["attention", ..]) return KernelRatios.RunAttention(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 41);
if (args is ["profile"]) return AttentionProfile.Run();
if (args is ["ratios", ..]) return KernelRatios.Run(args[1..]);
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(KernelRatios).Assembly).Run(args, ManualConfig.Create(DefaultConfig.Instance).AddJob(job));
return 0;
