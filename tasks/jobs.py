"""What a Celery message may carry: frozen, versioned, ids only."""

from dataclasses import asdict, dataclass
from typing import Final

JOB_VERSION: Final = 1


class BadJob(ValueError):
    """A message is not a job of a version this build runs."""


@dataclass(frozen=True, slots=True)
class RegistrationJob:
    """Ring for one attempt to make a version of an avatar. The row holds everything else."""

    registration_id: str
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the message body."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "RegistrationJob":
        """Read a message body; see `_id_in` for what is raised."""
        return cls(_id_in(body, "registration_id"))


@dataclass(frozen=True, slots=True)
class RecordingJob:
    """Ring for one recording that is to be read. The row holds everything else."""

    recording_id: str
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the message body."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "RecordingJob":
        """Read a message body; see `_id_in` for what is raised."""
        return cls(_id_in(body, "recording_id"))


@dataclass(frozen=True, slots=True)
class SynthesisJob:
    """Ring for one utterance. The row holds everything else."""

    utterance_id: str
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the message body."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "SynthesisJob":
        """Read a message body; see `_id_in` for what is raised."""
        return cls(_id_in(body, "utterance_id"))


def _id_in(body: dict[str, object], field: str) -> str:
    """Return the id that a message carries.

    Raises:
        BadJob: the version is unknown or the id is missing.
    """
    found = body.get(field)
    if body.get("version") != JOB_VERSION or not isinstance(found, str):
        raise BadJob(f"job {body!r}; wanted a {field} and the known version: {JOB_VERSION}")
    return found
