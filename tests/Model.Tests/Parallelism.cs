using Xunit.Sdk;
using Xunit.v3;

// libtorch uses every core for one network, and memory is measured for the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
