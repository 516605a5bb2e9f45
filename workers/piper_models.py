"""A folder of Piper voices in, what each of them is: files read and checked, nothing loaded.

Between the asset folder (`voices/NAME.onnx` with `NAME.onnx.json`, put there by `avatar
assets pull` or by hand) and `workers.piper_voice`. A voice that is not whole is told of in
the log and left out: the others speak.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from lipsync.speech.voice_info import VoiceInfo

UNKNOWN_LICENCE: Final = "unknown"

_LONGEST_CONFIG: Final = 4 * 1024 * 1024
_LONGEST_CARD: Final = 64 * 1024
_USUAL_HOP: Final = 256
_USUAL_NOISE: Final = (0.667, 1.0, 0.8)
_MOST_SPEAKERS: Final = 4096

_STEM: Final = re.compile(r"([a-z]{2,3})_([A-Z]{2,4})-([^-]+)-([a-z_]+)")
_LICENCE: Final = re.compile(r"^[\s*#-]*licen[cs]e\s*:\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)
_SPDX: Final = {"cc0": "CC0-1.0", "public domain": "LicenseRef-PublicDomain"}
_TITLES: Final = {
    "fa-amir": "امیر", "fa-gyro": "ژیرو", "fa-ganji": "گنجی", "fa-ganji-adabi": "گنجی، ادبی",
    "fa-reza-ibrahim": "رضا ابراهیم",
}  # fmt: skip

log = structlog.get_logger(__name__)


class BadVoice(ValueError):
    """The voice's files are not whole or not of a kind that is spoken here; the message says which."""


@dataclass(frozen=True, slots=True)
class PiperModel:
    """One voice of Piper's, ready to be loaded."""

    info: VoiceInfo
    path: Path
    """The ONNX file."""
    espeak_voice: str
    """What eSpeak calls the language it reads for this voice."""
    rate: int
    """Samples per second of its sound."""
    hop_samples: int
    """Samples that one step of its durations stands for."""
    scales: tuple[float, float, float]
    """Noise, length and noise of lengths, as its makers set them."""
    ids: Mapping[str, tuple[int, ...]]
    """What the model calls each phoneme."""
    speaker: int | None
    """The first speaker of a voice that has several."""


def find_models(folder: Path, taken: Sequence[str] = ()) -> tuple[PiperModel, ...]:
    """Return the voices of a folder and of its folders, by name.

    Args:
        folder: where they are; none is no error.
        taken: names that are other voices'.
    """
    found: dict[str, PiperModel] = {}
    for path in sorted([*folder.glob("*.onnx"), *folder.glob("*/*.onnx")]):
        try:
            model = read_model(path)
        except (OSError, BadVoice) as error:
            log.warning("voice_left_out", file=str(path), error=str(error))
            continue
        name = model.info.name
        if name in found or name in taken:
            log.warning("voice_left_out", file=str(path), error=f"another voice is called {name!r}")
            continue
        found[name] = model
    return tuple(found[name] for name in sorted(found))


def read_model(path: Path) -> PiperModel:
    """Return what a voice is, from the files beside its model.

    Raises:
        BadVoice: the configuration is missing, does not read, or is of no kind that is spoken here.
        OSError: the files cannot be read.
    """
    config = _config(path.with_name(f"{path.name}.json"))
    try:
        return _model(path, config)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadVoice(f"its configuration lacks or spoils {error}") from error


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadVoice(f"{path.name} is not beside it")
    if path.stat().st_size > _LONGEST_CONFIG:
        raise BadVoice(f"{path.name} is longer than {_LONGEST_CONFIG} bytes")
    try:
        config = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise BadVoice(f"{path.name} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise BadVoice(f"{path.name} holds no object")
    return config


def _model(path: Path, config: dict[str, Any]) -> PiperModel:
    kind = config.get("phoneme_type", "espeak")
    if kind != "espeak":
        raise BadVoice(f"it takes phonemes of the kind {kind!r}; those of eSpeak are spoken here")
    espeak_voice = str(config["espeak"]["voice"])
    noise = config.get("inference", {})
    scales = [
        float(noise.get(name, usual))
        for name, usual in zip(("noise_scale", "length_scale", "noise_w"), _USUAL_NOISE, strict=True)
    ]
    return PiperModel(
        info=_info(path, config.get("language", {}).get("family") or espeak_voice.partition("-")[0]),
        path=path.absolute(),
        espeak_voice=espeak_voice,
        rate=_within("sample_rate", config["audio"]["sample_rate"], 8_000, 48_000),
        hop_samples=_within("hop_length", config.get("hop_length", _USUAL_HOP), 1, 4_096),
        scales=(scales[0], scales[1], scales[2]),
        ids=_ids(config["phoneme_id_map"]),
        speaker=0 if _within("num_speakers", config.get("num_speakers", 1), 0, _MOST_SPEAKERS) > 1 else None,
    )


def _within(name: str, value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise BadVoice(f"{name} is {value!r}; it must be from {low} to {high}")
    return value


def _ids(mapping: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    ids = {str(phoneme): tuple(int(one) for one in numbers) for phoneme, numbers in mapping.items()}
    missing = [mark for mark in "_^$" if mark not in ids]
    if missing:
        raise BadVoice(f"its phonemes lack {' '.join(missing)}")
    return ids


def _info(path: Path, language: str) -> VoiceInfo:
    match = _STEM.fullmatch(path.stem)
    person = match[3] if match else path.stem
    name = re.sub(r"[^a-z0-9]+", "-", f"{language}-{person}".lower()).strip("-")
    title = person.replace("_", " ").title()
    return VoiceInfo(
        name=name,
        language=language,
        title_fa=_TITLES.get(name, title),
        title_en=title,
        licence=_licence(path),
        engine="piper",
    )


def _licence(path: Path) -> str:
    """Return what the card says: NAME.MODEL_CARD, or MODEL_CARD beside a voice alone in its folder."""
    cards = [path.with_name(f"{path.stem}.MODEL_CARD")]
    if len(list(path.parent.glob("*.onnx"))) == 1:
        cards.append(path.with_name("MODEL_CARD"))
    for card in cards:
        if card.is_file():
            with card.open("rb") as file:
                text = file.read(_LONGEST_CARD).decode("utf-8", "replace")
            told = _LICENCE.search(text)
            if told is not None:
                return _SPDX.get(told[1].lower(), told[1][:120])
    return UNKNOWN_LICENCE
