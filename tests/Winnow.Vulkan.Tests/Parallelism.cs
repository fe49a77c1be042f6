// A device's queue takes one command after another anyway, and tests count what it does.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
