"""What runs in a worker process: the only room that trains."""
