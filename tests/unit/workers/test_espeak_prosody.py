"""What eSpeak NG makes of a wish for rate and pitch, by measuring the sound it gives."""

from collections.abc import Iterator

import numpy as np
import pytest

from lipsync.clock import SAMPLE_RATE
from lipsync.speech.spans import Sound
from lipsync.text.prosody import PLAIN, Prosody
from workers.espeak_prosody import EspeakSettings, settings_for
from workers.voices import Voices, open_voices

TEXTS = {
    "fa": "این یک جملهٔ آزمایشی است که با صدای بلند خوانده می‌شود و معنای خاصی ندارد",
    "fa-woman": "این یک جملهٔ آزمایشی است که با صدای بلند خوانده می‌شود و معنای خاصی ندارد",
    "en": "This is a sentence that is read aloud and that has no special meaning at all",
}


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    with open_voices(tmp_path_factory.mktemp("voices")) as made:
        made.warm()
        yield made


def said(voices: Voices, name: str, prosody: Prosody = PLAIN) -> tuple[Sound, int]:
    """Return the sound, and the samples from the first sound to the last."""
    buffers = list(voices.get(name).speak(TEXTS[name], 1, prosody))
    phonemes = [span for buffer in buffers for span in buffer.phonemes]
    length = phonemes[-1].start_samples - phonemes[0].end_samples
    return np.concatenate([buffer.sound for buffer in buffers]), length


def fundamental_hz(sound: Sound) -> float:
    """Return the median fundamental of the voiced stretches, by autocorrelation."""
    window = SAMPLE_RATE // 20
    shape = np.hanning(window)
    taper = np.fft.irfft(np.abs(np.fft.rfft(shape, 4 * window)) ** 2)[:window]
    low, high = SAMPLE_RATE // 500, SAMPLE_RATE // 45
    found = []
    for start in range(0, len(sound) - window, window // 2):
        part = sound[start : start + window].astype(float)
        if np.abs(part).max() < 2000:
            continue
        spectrum = np.fft.rfft((part - part.mean()) * shape, 4 * window)
        likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:high]
        likeness = likeness / likeness[0] / (taper[:high] / taper[0])
        best = likeness[low:].max()
        # The first peak nearly as high as the highest: not a multiple of the period.
        peaks = (likeness[low:-1] >= likeness[low - 1 : -2]) & (likeness[low:-1] >= likeness[low + 1 :])
        lag = low + int(np.argmax(peaks & (likeness[low:-1] > 0.92 * best)))
        if best > 0.6:
            found.append(SAMPLE_RATE / lag)
    return float(np.median(found))


def test_the_fundamental_of_a_known_tone_is_found() -> None:
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * 140 * n * time_s) / n for n in range(1, 8))
    assert fundamental_hz((8000 * tone).astype(np.int16)) == pytest.approx(140, rel=0.01)


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize("rate", [0.5, 0.75, 1.25, 1.5, 1.75, 2.0])
def test_speech_is_as_much_shorter_as_the_rate_says(voices: Voices, name: str, rate: float) -> None:
    _, own = said(voices, name)
    _, length = said(voices, name, Prosody(rate=rate))
    assert own / length == pytest.approx(rate, rel=0.06)


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize("semitones", [-6.0, -3.0, 3.0, 6.0, 9.0, 12.0])
def test_the_measured_pitch_follows_the_wish(voices: Voices, name: str, semitones: float) -> None:
    own = fundamental_hz(said(voices, name)[0])
    wished = fundamental_hz(said(voices, name, Prosody(pitch_semitones=semitones))[0])
    assert wished / own == pytest.approx(2 ** (semitones / 12), rel=0.15)


def test_the_scale_ends_before_an_octave_below(voices: Voices) -> None:
    own = fundamental_hz(said(voices, "fa")[0])
    lowest = fundamental_hz(said(voices, "fa", Prosody(pitch_semitones=-12))[0])
    assert -10 < 12 * np.log2(lowest / own) < -8


def test_a_plain_wish_changes_no_setting() -> None:
    for own in (EspeakSettings("fa", 165, 47), EspeakSettings("en+f2", 170, 50)):
        assert settings_for(own, PLAIN) == own


def test_no_setting_leaves_the_scale_of_espeak() -> None:
    own = EspeakSettings("fa", 165, 47)
    high = settings_for(own, Prosody(rate=2.0, pitch_semitones=12))
    low = settings_for(own, Prosody(rate=0.5, pitch_semitones=-12))
    assert (high.pitch, low.pitch, high.range) == (100, 0, 100)
    assert 80 <= low.rate < high.rate <= 450


def test_the_same_wish_gives_the_same_samples(voices: Voices) -> None:
    wish = Prosody(rate=1.3, pitch_semitones=2)
    assert np.array_equal(said(voices, "fa", wish)[0], said(voices, "fa", wish)[0])
    assert not np.array_equal(said(voices, "fa")[0][:9600], said(voices, "fa", wish)[0][:9600])
