"""TaskError: how a task says no."""


class TaskError(Exception):
    """A task cannot do what was asked; the text is written for the person who reads it."""
