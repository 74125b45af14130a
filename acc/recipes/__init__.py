"""Scripted experiments: recipes over the checkpoint tree."""
