using Xunit.Sdk;
using Xunit.v3;

// Runs of the networks are counted for the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
