"""Classes on offer, found in files that may change at any moment."""
