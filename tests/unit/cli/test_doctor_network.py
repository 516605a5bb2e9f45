"""`avatar doctor` opens the model that paints mouths and says how it does."""

import dataclasses
from pathlib import Path

import settings
from cli.doctor import check_network
from workers.faults import FaultBook
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny


def configured(var: Path) -> settings.Settings:
    return dataclasses.replace(settings.load({}), var=var, asset_dir=var / "assets")


def test_no_model_is_no_fault(tmp_path: Path) -> None:
    found = check_network(configured(tmp_path))
    assert found.verdict == "good"
    assert "mouths are warped" in found.text


def test_a_model_is_opened_and_timed_and_kept_faults_are_told(tmp_path: Path) -> None:
    model = tmp_path / "assets" / MODEL
    model.parent.mkdir(parents=True)
    model.write_bytes(write_tiny(96))
    found = check_network(configured(tmp_path))
    assert found.verdict == "good"
    assert "frames a second" in found.text
    book = FaultBook(tmp_path / "run" / "devices")
    book.note("cpu", "NaN", 1.0)
    again = check_network(configured(tmp_path))
    assert (again.verdict, again.text.endswith("; 1 faults")) == ("note", True)


def test_a_file_that_is_no_model_is_bad_and_counts_against_no_device(tmp_path: Path) -> None:
    model = tmp_path / "assets" / MODEL
    model.parent.mkdir(parents=True)
    model.write_bytes(b"no model")
    assert check_network(configured(tmp_path)).verdict == "bad"
    assert FaultBook(tmp_path / "run" / "devices").faults("cpu") == ()
