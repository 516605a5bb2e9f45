"""The voices that warm workers announce, and how each one sounds.

Samples are made and kept by workers; here they are only sent.
"""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, url_for

from avatars.voice_files import sample_key
from tasks.catalogue import VoiceCard
from web.avatar_routes import SIZES
from web.file_routes import send_object
from web.refusals import NoSampleYet, NoSuchVoice
from web.services import services

voices = Blueprint("voices", __name__, url_prefix="/v1/voices")


@voices.get("")
def show() -> Response:
    """Show the voices, the languages of the embedded ones, and the sizes that pictures are suggested in."""
    catalogue = services().catalogue
    voices = [_shown(card) for card in catalogue.voices().values()]
    languages = [
        {"language": card.tag, "aliases": card.aliases, "title_fa": card.title_fa, "title_en": card.title_en,
         "voices": card.voices}
        for card in catalogue.languages().values()
    ]  # fmt: skip
    return jsonify(voices=voices, languages=languages, sizes=SIZES["suggested"])


@voices.get("/<name>/sample.wav")
def sample(name: str) -> Response:
    """Send how a voice sounds."""
    known = services().catalogue.voices()
    if name not in known:
        raise NoSuchVoice(name, tuple(known))
    if not known[name].sample:
        raise NoSampleYet
    return send_object(sample_key(name), "audio/wav", etag=known[name].sample)


def _shown(card: VoiceCard) -> dict[str, Any]:
    address = url_for("voices.sample", name=card.name) if card.sample else None
    return {**asdict(card), "sample": address}
