using Xunit.Sdk;
using Xunit.v3;

// Every test runs services, whose libtorch takes every core for one network.
[assembly: Parallelization(Mode = ParallelMode.None)]
