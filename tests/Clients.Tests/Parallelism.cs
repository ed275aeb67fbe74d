using Xunit.Sdk;
using Xunit.v3;

// The mesh that all call has two cores, and deadlines hold for one client at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
