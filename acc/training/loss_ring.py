"""Where a step leaves its losses: on the device, without waiting for anybody."""

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CHUNK_STEPS = 1024


@dataclass(frozen=True)
class Layout:
    """The columns of a run of steps: its tasks and their factors in the total."""

    task_names: tuple[str, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class DrainedRun:
    """Losses of consecutive steps, on the host.

    Attributes:
        values_ST: float32, [steps, tasks + 1]; the last column is the total.
        present_ST: bool, [steps, tasks]; None where every task took part in every step.
        barren_S: bool, [steps]; which steps changed nothing, as the total or a gradient was not
            finite.
    """

    first_step: int
    layout: Layout
    values_ST: NDArray[np.float32]
    present_ST: NDArray[np.bool_] | None
    barren_S: NDArray[np.bool_]


class _Chunk:
    """A block of rows on the device, written by the loop and read behind it."""

    def __init__(self, layout: Layout, first_step: int, device: torch.device) -> None:
        self.layout = layout
        self.first_step = first_step
        # A loss a task, the total, and whether the step was barren.
        self.rows = torch.full((CHUNK_STEPS, len(layout.task_names) + 2), torch.nan, device=device)
        # Which single task took part, a row; empty while all of them do.
        self.single: list[int] = []
        self.filled = 0
        self.drained = 0


class LossRing:
    """Losses between the loop (one writer) and the recorder (one reader), without a lock.

    Rows live in chunks; the writer begins a new one when one is full or the columns change, so a
    recorder that falls behind costs memory (about 20 bytes a step), never a wait and never a point.
    """

    def __init__(self, device: torch.device) -> None:
        """Make an empty ring whose rows lie on `device`."""
        self._device = device
        self._chunks: deque[_Chunk] = deque()
        self._writing: _Chunk | None = None
        self._stream = (
            torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        )

    def put(
        self, step: int, layout: Layout, losses: list[Tensor], total: Tensor, *, barren: Tensor
    ) -> None:
        """Keep the losses of a step in which every task of the layout took part.

        Args:
            barren: 1 where the step changed nothing, as something was not finite, else 0.
        """
        chunk = self._chunk_for(step, layout, single=False)
        with torch.no_grad():
            torch.stack([*losses, total, barren], out=chunk.rows[chunk.filled])
        chunk.filled += 1  # last: the reader looks at rows below it only

    def put_single(
        self,
        step: int,
        layout: Layout,
        index: int,
        loss: Tensor,
        total: Tensor,
        *,
        barren: Tensor,
    ) -> None:
        """Keep the loss of a step in which one task of the layout took part; as `put`."""
        chunk = self._chunk_for(step, layout, single=True)
        row = chunk.rows[chunk.filled]
        with torch.no_grad():
            row[index] = loss
            row[-2] = total
            row[-1] = barren
        chunk.single.append(index)
        chunk.filled += 1

    def drain(self) -> list[DrainedRun]:
        """Return the rows since the last call, one copy to the host a chunk."""
        runs = []
        while self._chunks:
            chunk = self._chunks[0]
            # Read in this order: a chunk that is not being written any more is complete.
            closed = chunk is not self._writing
            filled = chunk.filled
            if filled > chunk.drained:
                runs.append(self._read(chunk, chunk.drained, filled))
                chunk.drained = filled
            if not closed:
                break
            self._chunks.popleft()
        return runs

    def _chunk_for(self, step: int, layout: Layout, *, single: bool) -> _Chunk:
        chunk = self._writing
        if (
            chunk is not None
            and chunk.filled < CHUNK_STEPS
            and chunk.layout is layout
            and bool(chunk.single) == single
        ):
            return chunk
        chunk = _Chunk(layout, step, self._device)
        # In this order: the reader takes a chunk that is not being written for a complete one.
        self._writing = chunk
        self._chunks.append(chunk)
        return chunk

    def _read(self, chunk: _Chunk, start: int, end: int) -> DrainedRun:
        rows_SC = self._to_host(chunk.rows[start:end])
        present_ST = None
        if chunk.single:
            present_ST = np.zeros((end - start, len(chunk.layout.task_names)), dtype=np.bool_)
            present_ST[np.arange(end - start), chunk.single[start:end]] = True
        return DrainedRun(
            chunk.first_step + start,
            chunk.layout,
            values_ST=rows_SC[:, :-1],
            present_ST=present_ST,
            barren_S=rows_SC[:, -1] != 0,
        )

    def _to_host(self, rows_SC: Tensor) -> NDArray[np.float32]:
        if self._stream is None:
            return rows_SC.cpu().numpy().copy()
        # A stream of its own: the copy waits for the steps, no step waits for the copy.
        self._stream.wait_stream(torch.cuda.default_stream(self._device))
        with torch.cuda.stream(self._stream):
            host_SC = torch.empty(rows_SC.shape, pin_memory=True)
            host_SC.copy_(rows_SC, non_blocking=True)
        self._stream.synchronize()
        return host_SC.numpy()
