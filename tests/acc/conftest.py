"""Every test of the library draws the same numbers, whichever ran before it."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _seeded_first() -> None:
    torch.manual_seed(7)
