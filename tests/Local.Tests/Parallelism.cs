using Xunit.Sdk;
using Xunit.v3;

// Every test runs services, and libtorch uses every core for one network.
[assembly: Parallelization(Mode = ParallelMode.None)]
