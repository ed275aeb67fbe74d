using Xunit.Sdk;
using Xunit.v3;

// Loads take every core there is.
[assembly: Parallelization(Mode = ParallelMode.None)]
