using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MedMoE.Mesh.Benchmarks;

// In-process: a child process would be built without the project's settings for libtorch.
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(12))
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "medmoe-benchmarks"));
BenchmarkSwitcher.FromAssembly(typeof(ExpertBenchmark).Assembly).Run(args, config);
