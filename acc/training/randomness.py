"""Random numbers: everybody's generators as a state, and streams that leave them alone."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor

# NumPy's legacy generator is the one that a task file is likely to use.


class RandomStream:
    """A random stream of torch's own for one part of a training.

    Inside `with stream:` torch's global generators go on where this stream left off; afterwards
    they stand where they stood, as if nothing had been drawn. Only the CPU's and one GPU's.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        """Begin a stream; equal seeds give equal numbers."""
        self._devices = [torch.device("cpu")] + ([device] if device.type == "cuda" else [])
        self._states = [torch.Generator(d).manual_seed(seed).get_state() for d in self._devices]

    def __enter__(self) -> None:
        """Put this stream in place of the global ones."""
        self._exchange()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the global ones back, and remember how far this one came."""
        self._exchange()

    def state(self) -> list[Tensor]:
        """Return where the stream stands: uint8, one tensor a device."""
        return [state.clone() for state in self._states]

    def load_state(self, states: list[Tensor]) -> None:
        """Go to where `state` was taken; a GPU that was not there then begins anew."""
        self._states[: len(states)] = [state.cpu() for state in states[: len(self._states)]]

    def _exchange(self) -> None:
        for index, device in enumerate(self._devices):
            mine = self._states[index]
            if device.type == "cuda":
                self._states[index] = torch.cuda.get_rng_state(device)
                torch.cuda.set_rng_state(mine, device)
            else:
                self._states[index] = torch.get_rng_state()
                torch.set_rng_state(mine)


def seed_all(seed: int) -> None:
    """Let all global generators begin at a seed: torch's, NumPy's legacy one and Python's."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.manual_seed(seed)


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Let all global generators begin at a seed for a while, and stand afterwards where they stood.

    What is made inside depends on the seed alone, and nobody outside notices that it was made.
    """
    tensors, meta = rng_state()
    seed_all(seed)
    try:
        yield
    finally:
        rng_load(tensors, meta)


def rng_state() -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the state of every global generator: tensors, and plain data for JSON."""
    tensors = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for index, cuda_state in enumerate(torch.cuda.get_rng_state_all()):
            tensors[f"cuda/{index}"] = cuda_state
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    tensors["numpy"] = torch.from_numpy(np.asarray(keys).astype(np.int64))
    numpy_meta = [name, int(position), int(has_gauss), float(cached)]
    return tensors, {"python_rng": random.getstate(), "numpy_rng": numpy_meta}


def rng_load(tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Bring every global generator to where `rng_state` was taken."""
    torch.set_rng_state(tensors["cpu"])
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for key, cuda_state in tensors.items():
            prefix, _, index = key.partition("/")
            if prefix == "cuda" and int(index) < torch.cuda.device_count():
                torch.cuda.set_rng_state(cuda_state, int(index))
    version, internal, gauss = meta["python_rng"]
    random.setstate((version, tuple(internal), gauss))
    name, position, has_gauss, cached = meta["numpy_rng"]
    keys = tensors["numpy"].numpy().astype(np.uint32)
    np.random.set_state((name, keys, position, has_gauss, cached))  # noqa: NPY002
