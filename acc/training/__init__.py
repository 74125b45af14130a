"""The training loop: the step, its schedules, its losses and its complete state."""
