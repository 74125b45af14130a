"""What every test run needs before its first test."""
