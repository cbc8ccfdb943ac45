"""Running the notebooks: the strict comparison, the refresh of stored outputs, the run on CIFAR-10."""
