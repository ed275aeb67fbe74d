using Xunit.Sdk;
using Xunit.v3;

// All clients share a mesh on two cores, and deadlines are set for one client at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
