using Xunit.Sdk;
using Xunit.v3;

// Memory is measured for the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
