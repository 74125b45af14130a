"""Real processes, killed and stopped for real."""
