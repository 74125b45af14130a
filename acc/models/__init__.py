"""Further models: any file here with a BaseAutoencoder subclass is on offer."""
