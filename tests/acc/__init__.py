"""Tests of the library: the models, tasks, registries and the loop."""
