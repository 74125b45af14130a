"""Tests of settings and start-up."""
