"""Sound of every kind that is promised becomes the same blocks; what cannot be spoken says why."""

import io
import json
from collections.abc import Mapping

import numpy as np
import pytest
import sound_files
from numpy.typing import NDArray
from sound_files import coded, hum, wav

from avatars.intake_refusals import Refusal
from avatars.recorded import Recorded
from avatars.recordings import prefix
from avatars.sound_decoder import SoundLimits
from avatars.sound_refusals import SOUND_SENTENCES, sound_refused
from avatars.sound_work import work_on_sound
from avatars.storage_memory import MemoryStorage

LIMITS = SoundLimits(seconds=60, streams=12)
SECONDS = 6.0
HUM = hum(SECONDS)

FILES = {
    "wav 16": (wav(HUM), "WAV"),
    "wav 8": (wav(HUM, codec="pcm_u8"), "WAV"),
    "wav 24": (wav(HUM, codec="pcm_s24le"), "WAV"),
    "wav 32": (wav(HUM, codec="pcm_s32le"), "WAV"),
    "wav float": (wav(HUM, codec="pcm_f32le"), "WAV"),
    "wav double": (wav(HUM, codec="pcm_f64le"), "WAV"),
    "wav a-law": (wav(HUM, codec="pcm_alaw"), "WAV"),
    "wav 8 kHz": (wav(hum(SECONDS, rate=8000), rate=8000), "WAV"),
    "wav 11025 Hz": (wav(hum(SECONDS, rate=11025), rate=11025), "WAV"),
    "wav 44100 Hz": (wav(hum(SECONDS, rate=44100), rate=44100), "WAV"),
    "wav 96 kHz": (wav(hum(SECONDS, rate=96000), rate=96000), "WAV"),
    "wav stereo": (wav(HUM, layout="stereo"), "WAV"),
    "wav 5.1": (wav(HUM, layout="5.1"), "WAV"),
    "wav 7.1": (wav(HUM, layout="7.1"), "WAV"),
    "rf64": (wav(HUM, options={"rf64": "always"}), "WAV"),
    "mp3": (coded(HUM, "mp3", "libmp3lame"), "MP3"),
    "mp3 without a count": (
        coded(HUM, "mp3", "libmp3lame", options={"write_xing": "0", "id3v2_version": "0"}), "MP3"),
    "mp3 of 24 kHz": (coded(hum(SECONDS, rate=24000), "mp3", "libmp3lame", rate=24000), "MP3"),
    "ogg opus": (coded(HUM, "ogg", "libopus"), "Ogg"),
    "ogg vorbis": (coded(HUM, "ogg", "vorbis", layout="stereo"), "Ogg"),
    "ogg flac": (coded(HUM, "ogg", "flac"), "Ogg"),
    "m4a aac": (coded(HUM, "ipod", "aac"), "M4A"),
    "m4a alac": (coded(HUM, "ipod", "alac"), "M4A"),
    "flac": (coded(HUM, "flac", "flac"), "FLAC"),
    "webm": (coded(HUM, "webm", "libopus"), "WebM"),
    "mkv": (coded(HUM, "matroska", "aac"), "MKV"),
    "mov": (coded(HUM, "mov", "pcm_s16le"), "MOV"),
    "film": (sound_files.with_picture(HUM), "MP4"),
}  # fmt: skip


class Kept:
    """A recording as it would be kept."""

    def __init__(self, data: bytes, limits: SoundLimits = LIMITS) -> None:
        storage = MemoryStorage()
        self.steps: list[tuple[str, float]] = []
        self.names: list[str] = []

        def put(name: str, made: bytes) -> None:
            self.names.append(name)
            storage.put(prefix("r") + name, made)

        self.result: Mapping[str, object] = work_on_sound(
            io.BytesIO(data), limits=limits, put=put,
            on_progress=lambda step, share: self.steps.append((step, share)),
        )  # fmt: skip
        self.recorded = Recorded(storage, "r")

    def sound(self) -> NDArray[np.int16]:
        return self.recorded.sound(0, self.recorded.index.samples)


def refusal_of(data: bytes, limits: SoundLimits = LIMITS) -> str:
    with pytest.raises(Refusal) as caught:
        Kept(data, limits)
    told = sound_refused(caught.value.code, caught.value.values)
    assert told.message_en
    assert told.message_fa
    return caught.value.code


@pytest.mark.parametrize("name", FILES)
def test_every_kind_becomes_the_same_sound(name: str) -> None:
    data, kind = FILES[name]
    kept = Kept(data)
    assert kept.result["kind"] == kind
    samples = kept.recorded.index.samples
    # Coders pad to whole frames of theirs, Vorbis by the most.
    assert abs(samples / 48_000 - SECONDS) < 0.1
    heard = np.abs(kept.sound().astype(np.float64))
    louds = [heard[round(at * 48_000) : round((at + 0.1) * 48_000)].max() for at in (0.3, 1.7, 3.1, 4.5)]
    quiet = [heard[round(at * 48_000) : round((at + 0.1) * 48_000)].max() for at in (1.18, 2.58, 3.98, 5.38)]
    assert min(louds) > 8 * max(quiet)
    assert kept.result["speaks"]


@pytest.mark.parametrize("level", [0.25, 1.0, 4.0])
def test_every_recording_comes_to_one_loudness_without_a_clipped_sample(level: float) -> None:
    kept = Kept(wav(hum(20.0) * np.float32(level), codec="pcm_f32le"))
    from lipsync.speech.loudness import measure_loudness

    heard = measure_loudness(kept.sound())
    assert heard.lufs is not None
    assert abs(heard.lufs + 16) < 0.5
    assert np.abs(kept.sound()).max() < 32_700


def test_channels_are_mixed_and_not_thrown_away() -> None:
    right = np.stack([np.zeros_like(HUM), HUM])
    out = io.BytesIO()
    import av

    with av.open(out, "w", format="wav") as file:
        stream = file.add_stream("pcm_s16le", rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray((right * 32_000).astype(np.int16).T.reshape(1, -1)), format="s16",
            layout="stereo",
        )  # fmt: skip
        frame.sample_rate = 48_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert np.abs(Kept(out.getvalue()).sound()).max() > 8_000


def test_a_long_recording_lies_in_blocks_that_join_without_a_seam() -> None:
    kept = Kept(wav(hum(40.0)))
    assert kept.names == [*(f"sound-{number:05d}.flac" for number in range(5)), "index.json"]
    whole = kept.sound()
    for start, end in ((0, 100), (383_900, 384_100), (1_500_000, 1_600_000), (whole.size - 10, whole.size)):
        assert np.array_equal(kept.recorded.sound(start, end), whole[start:end])
    assert not kept.recorded.sound(-500, 0).any()
    assert not kept.recorded.sound(whole.size, whole.size + 500).any()


def test_progress_only_rises_and_ends() -> None:
    shares = [share for _, share in Kept(wav(hum(40.0))).steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


EMPTY_WAV = wav(HUM).partition(b"data")[0] + b"data" + bytes(4)

BAD = {
    "empty": (b"", "empty"),
    "no sound in a wav": (EMPTY_WAV, "no_length"),
    "too short": (wav(HUM[:2000]), "too_short"),
    "silence": (wav(np.zeros(96_000, np.float32)), "silent"),
    "whispered below all hearing": (wav(HUM * np.float32(2e-4), codec="pcm_f32le"), "silent"),
    "picture": (b"\xff\xd8\xff\xe0" + bytes(500), "wrong_kind"),
    "web page": (b"<!doctype html><html>", "wrong_kind"),
    "playlist": (b"#EXTM3U\nhttp://example.com/a.mp3\n", "other_files"),
    "anything": (b"\x01\x02\x03\x04" * 100, "unreadable"),
    "film without sound": (sound_files.silent_film(), "no_sound"),
    "half a wav": (wav(HUM)[:200_000], "truncated"),
    "half an ogg": (FILES["ogg opus"][0][:20_000], "truncated"),
    "half an m4a": (FILES["m4a aac"][0][:20_000], "truncated"),
    "half a flac": (FILES["flac"][0][: len(FILES["flac"][0]) // 2], "truncated"),
    "half an mp3": (FILES["mp3"][0][: len(FILES["mp3"][0]) // 2], "truncated"),
    "m4a with a tail": (FILES["m4a aac"][0] + b"\0\0\0\x10abcd12345678", "polyglot"),
    "header only": (wav(HUM)[:30], "truncated"),
    "wrong codec": (coded(HUM, "wav", "adpcm_g722", rate=16000), "codec"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_spoken_is_refused_by_name(name: str) -> None:
    data, code = BAD[name]
    assert refusal_of(data) == code


@pytest.mark.parametrize("name", ["mp3", "flac", "m4a aac", "ogg opus", "ogg vorbis"])
def test_damage_in_the_middle_is_no_sound(name: str) -> None:
    data = bytearray(FILES[name][0])
    middle = len(data) // 2
    data[middle : middle + 6000] = bytes(range(256)) * 23 + bytes(112)
    assert refusal_of(bytes(data)) in ("broken", "truncated")


@pytest.mark.parametrize("name", ["wav 16", "mp3", "ogg opus", "m4a aac", "flac", "webm"])
def test_what_says_that_it_is_too_long_is_not_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from avatars.sound_decoder import SoundFile

    monkeypatch.setattr(SoundFile, "pieces", lambda _: pytest.fail("it was decoded"))
    assert refusal_of(FILES[name][0], SoundLimits(seconds=2, streams=12)) == "too_long"


def test_what_does_not_say_how_long_it_is_is_refused_as_soon_as_it_is_known() -> None:
    # As a program writes it that does not know the end: all ones in place of the lengths.
    data = bytearray(wav(HUM))
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = b"\xff\xff\xff\xff"
    assert Kept(bytes(data)).result["kind"] == "WAV"
    assert refusal_of(bytes(data), SoundLimits(seconds=2, streams=12)) == "too_long"


def test_every_code_has_both_languages() -> None:
    for sentence in SOUND_SENTENCES.values():
        assert any("\u0600" <= char <= "\u06ff" for char in sentence.fa)
        assert sentence.en.isascii()


def test_an_index_of_another_version_and_a_changed_block_are_broken() -> None:
    from avatars.errors import RecordingBroken

    storage = MemoryStorage()
    work_on_sound(
        io.BytesIO(wav(HUM)), limits=LIMITS, put=lambda name, data: storage.put(prefix("r") + name, data),
        on_progress=lambda *_: None,
    )  # fmt: skip
    index = json.loads(storage.get(prefix("r") + "index.json"))
    block = storage.get(prefix("r") + "sound-00000.flac")
    storage.put(prefix("r") + "sound-00000.flac", block[:-1] + b"\0")
    with pytest.raises(RecordingBroken, match="checksum"):
        Recorded(storage, "r").sound(0, 10)
    storage.put(prefix("r") + "index.json", json.dumps({**index, "version": 9}).encode())
    with pytest.raises(RecordingBroken, match="version 9"):
        Recorded(storage, "r")
    storage.delete_all(prefix("r"))
    with pytest.raises(RecordingBroken, match="kept no more"):
        Recorded(storage, "r")
