"""A folder of voices: what is whole is offered with its licence, what is not is left out."""

import json
from pathlib import Path

import pytest
from tiny_piper import config, write_voice

from workers.piper_models import BadVoice, find_models, read_model

CARD = """# Model card for amir (medium)

* Language: fa_IR (Farsi, Iran)

## Dataset

* License: {}
"""


def spoilt(path: Path, **changes: object) -> Path:
    described = Path(f"{path}.json")
    described.write_text(json.dumps({**json.loads(described.read_text()), **changes}))
    return path


def test_a_voice_is_named_by_its_language_and_its_speaker(tmp_path: Path) -> None:
    write_voice(tmp_path, "fa_IR-ganji_adabi-medium")
    (model,) = find_models(tmp_path)
    assert (model.info.name, model.info.language) == ("fa-ganji-adabi", "fa")
    assert (model.info.title_fa, model.info.title_en) == ("گنجی، ادبی", "Ganji Adabi")
    assert model.info.engine == "piper"
    assert (model.rate, model.hop_samples, model.speaker) == (22_050, 256, None)


def test_a_file_of_any_other_name_is_a_voice_too(tmp_path: Path) -> None:
    write_voice(tmp_path, "My Own VOICE")
    assert [model.info.name for model in find_models(tmp_path)] == ["fa-my-own-voice"]


@pytest.mark.parametrize(
    ("told", "shown"),
    [("CC0", "CC0-1.0"), ("cc-by 4.0", "cc-by 4.0"), ("See URL", "See URL"), ("x" * 900, "x" * 120)],
)
def test_the_licence_is_what_the_card_says(tmp_path: Path, told: str, shown: str) -> None:
    write_voice(tmp_path, card=CARD.format(told))
    assert find_models(tmp_path)[0].info.licence == shown


def test_a_voice_without_a_card_has_an_unknown_licence(tmp_path: Path) -> None:
    write_voice(tmp_path)
    assert find_models(tmp_path)[0].info.licence == "unknown"


def test_a_card_in_a_folder_counts_only_for_a_voice_alone_in_it(tmp_path: Path) -> None:
    write_voice(tmp_path / "one", "fa_IR-one-low")
    (tmp_path / "one" / "MODEL_CARD").write_text(CARD.format("CC0"))
    assert find_models(tmp_path)[0].info.licence == "CC0-1.0"
    write_voice(tmp_path / "one", "fa_IR-two-low")
    assert [model.info.licence for model in find_models(tmp_path)] == ["unknown", "unknown"]


def test_a_voice_of_several_speakers_speaks_as_the_first(tmp_path: Path) -> None:
    path = spoilt(write_voice(tmp_path), num_speakers=3)
    assert read_model(path).speaker == 0


def test_an_absent_folder_has_no_voices(tmp_path: Path) -> None:
    assert find_models(tmp_path / "none") == ()


def test_a_name_that_is_taken_is_left_out(tmp_path: Path) -> None:
    write_voice(tmp_path, "fa_IR-woman-low")
    write_voice(tmp_path, "fa_IR-tiny-low")
    write_voice(tmp_path, "fa_IR-tiny-high")
    assert [model.info.name for model in find_models(tmp_path, taken=("fa-woman",))] == ["fa-tiny"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"phoneme_type": "pinyin"}, "pinyin"),
        ({"audio": {"sample_rate": 96_000}}, "sample_rate"),
        ({"audio": {}}, "sample_rate"),
        ({"hop_length": 0}, "hop_length"),
        ({"phoneme_id_map": {"a": [1]}}, "lack"),
        ({"phoneme_id_map": {"a": "x"}}, "spoils"),
        ({"espeak": None}, "spoils"),
        ({"language": []}, "spoils"),
        ({"inference": {"noise_w": "much"}}, "much"),
    ],
)
def test_a_spoilt_configuration_says_what_is_wrong_and_others_speak(
    tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    path = spoilt(write_voice(tmp_path, "fa_IR-bad-low"), **changes)
    with pytest.raises(BadVoice, match=why):
        read_model(path)
    write_voice(tmp_path)
    assert [model.info.name for model in find_models(tmp_path)] == ["fa-tiny"]


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "\x00"])
def test_a_configuration_that_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    path = write_voice(tmp_path)
    Path(f"{path}.json").write_text(content)
    with pytest.raises(BadVoice):
        read_model(path)


def test_a_model_without_a_configuration_is_refused(tmp_path: Path) -> None:
    path = write_voice(tmp_path)
    Path(f"{path}.json").unlink()
    with pytest.raises(BadVoice, match="beside"):
        read_model(path)
    assert config()["phoneme_type"] == "espeak"
