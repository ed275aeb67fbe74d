// libtorch takes every core for one network, and memory is measured for the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
