"""Training tasks: each one a loss, perhaps a head, and an evaluation on one data set."""
