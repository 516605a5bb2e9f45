"""A bell that notes who was rung for, and how many of those nobody has heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Bells:
    """What `tasks.queue` is to whoever looks after registrations."""

    rung: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    waiting: int = 0

    def ring_registration(self, registration_id: str, /) -> None:
        self.rung.append(registration_id)

    def ring_batch(self, registration_ids: Sequence[str], /) -> None:
        self.batches.append(list(registration_ids))

    def batch_rings_waiting(self) -> int:
        return self.waiting
