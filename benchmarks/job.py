"""The job that every side of a comparison trains, as plain numbers."""

from typing import Any

MODELS = ("ConvVAE", "FactorSlotAutoencoder")
DATASET = "digits"
BATCH_SIZE = 64
LEARNING_RATE = 1e-3
SEED = 11
WEIGHTS = {"reconstruction": 1.0, "kl": 0.0005, "digit": 0.1}

# The same, as ACC's API takes it.
TASKS: tuple[dict[str, Any], ...] = (
    {"name": "reconstruction", "class_name": "ReconstructionTask"},
    {"name": "kl", "class_name": "KLDivergenceTask"},
    {"name": "digit", "class_name": "ClassificationTask"},
)
