"""Tests of starting, watching and stopping the processes of a system."""
