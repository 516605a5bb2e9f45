"""At which gain a voice speaks at -16 LUFS: what is measured of it in, one number for all workers out.

Used by `workers.voices`. The gains of the embedded voices are a table (`workers.espeak_gains`,
made by scripts/measure_voices.py). A Piper voice is measured by the first worker that needs it,
and the gain kept in storage under the checksum of its files, where all others find it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import structlog

from avatars.errors import ObjectMissing, StorageError
from avatars.storage import Storage
from avatars.voice_files import gain_key
from lipsync.speech.errors import VoiceUnavailable
from lipsync.speech.levelling import voice_gain_db
from lipsync.speech.spans import SpeechBuffer
from workers.voice_texts import measuring_texts

_VERSION: Final = 1

log = structlog.get_logger(__name__)


class Speaker(Protocol):
    """Whoever speaks at a level of its own; what is used of a `Voice` here."""

    language: str

    def speak(self, text: str, seed: int) -> Iterator[SpeechBuffer]:
        """See Voice."""


def own_gain_db(voice: Speaker) -> float:
    """Have a voice speak some sentences and return the gain that brings them to -16 LUFS.

    Raises:
        VoiceError: it does not speak.
    """
    texts = measuring_texts(voice.language.lower())
    return voice_gain_db(
        [
            np.concatenate([buffer.sound for buffer in voice.speak(text, seed)])
            for seed, text in enumerate(texts)
        ]
    )


class KeptGains:
    """The gains of voices that come as files; one of these per process, shared by its threads."""

    def __init__(self, storage: Storage | None = None) -> None:
        """Know none yet.

        Args:
            storage: where workers share them; None measures for this process alone.
        """
        self._storage = storage
        self._known: dict[str, float] = {}
        self._lock = threading.Lock()

    def gain_db(self, model: Path, measure: Callable[[], float]) -> float:
        """Return the gain of a voice, measured only where nobody has done so before.

        Once returned it stays, in this process and, as long as the voice's files do, in storage.

        Args:
            model: the voice's ONNX file, its configuration beside it.
            measure: measures it; may take seconds.

        Raises:
            VoiceError: as `measure`; or the voice's files, or storage, cannot be read.
        """
        known = self._known.get(str(model))
        # Whoever speaks with a voice that is known does not wait for another to be measured.
        return self._found(model, measure) if known is None else known

    def _found(self, model: Path, measure: Callable[[], float]) -> float:
        with self._lock:
            if str(model) not in self._known:
                try:
                    self._known[str(model)] = self._shared(checksum_of(model), measure)
                except (OSError, StorageError) as error:
                    raise VoiceUnavailable(f"the gain of {model.name} cannot be read: {error}") from error
            return self._known[str(model)]

    def _shared(self, checksum: str, measure: Callable[[], float]) -> float:
        kept = self._read(checksum)
        if kept is not None:
            return kept
        measured = measure()
        # Another may have kept one meanwhile: the first counts.
        kept = self._read(checksum)
        if kept is not None:
            return kept
        self._keep(checksum, measured)
        return measured

    def _read(self, checksum: str) -> float | None:
        if self._storage is None:
            return None
        try:
            body = json.loads(self._storage.get(gain_key(checksum)))
            return float(body["gain_db"]) if body["version"] == _VERSION else None
        except ObjectMissing:
            return None
        except (ValueError, KeyError, TypeError) as trouble:
            # It is measured and written anew.
            log.warning("voice_gain_unread", checksum=checksum, error=str(trouble))
            return None

    def _keep(self, checksum: str, gain_db: float) -> None:
        if self._storage is None:
            return
        body = json.dumps({"version": _VERSION, "gain_db": gain_db}).encode()
        try:
            self._storage.put(gain_key(checksum), body)
        except StorageError as trouble:
            # Whoever measures it elsewhere comes to the same tenth of a decibel.
            log.warning("voice_gain_not_kept", checksum=checksum, error=str(trouble))


def checksum_of(model: Path) -> str:
    """Return what tells a voice's files from all others. Raises OSError."""
    digest = hashlib.sha256()
    for path in (model, model.with_name(f"{model.name}.json")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
