"""Tests of the registries: files, the probe, the watcher."""
