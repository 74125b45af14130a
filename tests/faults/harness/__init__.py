"""Faults at random times under a seed, while clients work; then what must hold is looked at."""
