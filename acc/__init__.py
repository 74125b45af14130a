"""ACC's PyTorch library: models, datasets, tasks and the training loop, usable from a notebook."""
