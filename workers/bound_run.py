"""Runs a session whose inputs and output stay in a device's memory, at the same places at every run.

Between `workers.nets` and a session of `workers.device`. Without it each run takes memory for its
inputs and its output, and gives it back. Sizes of a call are few and warm; each has places of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from workers.device import Device, device_value

MOST_SIZES: Final = 16
"""Sizes whose places are kept; what was used longest ago goes first."""


@dataclass(frozen=True, slots=True)
class _Places:
    """One size's inputs and output, bound to the session."""

    binding: Any
    given: tuple[Any, ...]
    painted: Any


class BoundRun:
    """A session that is run by binding; asked by one thread at a time.

    Args:
        session: a ready ONNX session of a device.
        inputs: names of its inputs.
        output: name of its output.
        shape: of one frame's output.
        device: where it runs.
    """

    def __init__(
        self, session: Any, inputs: tuple[str, ...], output: str, shape: tuple[int, ...], device: Device
    ) -> None:
        self._session = session
        self._inputs, self._output, self._shape = inputs, output, shape
        self._device = device
        self._places: OrderedDict[int, _Places] = OrderedDict()

    def __call__(self, *given: Any) -> Any:
        """Return what comes of inputs, in the order of their names; their first axis is the frames."""
        frames = len(given[0])
        places = self._places.get(frames) or self._make(given)
        self._places[frames] = places
        self._places.move_to_end(frames)
        if len(self._places) > MOST_SIZES:
            self._places.popitem(last=False)
        for place, array in zip(places.given, given, strict=True):
            place.update_inplace(np.ascontiguousarray(array))
        self._session.run_with_iobinding(places.binding)
        return np.array(places.painted.numpy(), np.float32)

    def _make(self, given: tuple[Any, ...]) -> _Places:
        painted = np.zeros((len(given[0]), *self._shape), np.float32)
        # The runtime keeps the memory of an array that is on the processor already: it is to be its own.
        placed = tuple(device_value(np.array(each, order="C"), self._device) for each in given)
        out = device_value(painted, self._device)
        binding = self._session.io_binding()
        for name, place in zip(self._inputs, placed, strict=True):
            binding.bind_ortvalue_input(name, place)
        binding.bind_ortvalue_output(self._output, out)
        return _Places(binding, placed, out)
