"""The processes of a running system: which there are, who starts and stops them."""
