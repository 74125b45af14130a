"""Programs that the test run uses."""
