"""An upload goes through the child and becomes files, or a refusal; nothing else is left."""

import io
import json
import sys
import tempfile
import threading
from pathlib import Path

import fuzz_intake
import intake_files
import pytest
from PIL import Image

from avatars.errors import IntakeBroken, IntakeRefused
from avatars.intake import IntakeLimits, IntakeOptions, IntakeResult, take_in
from avatars.intake_output import ChildOutput
from avatars.intake_process import run_child


def children() -> set[str]:
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        found |= set((task / "children").read_text().split())
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Give each test a temporary folder of its own, and look at it and at processes afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = children()
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert list(folder.iterdir()) == []
    assert children() <= before
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before


def taken(tmp_path: Path, data: bytes, **limits: int) -> tuple[IntakeResult, Path, list[str]]:
    source, out, steps = tmp_path / "any.name", tmp_path / "out", []
    source.write_bytes(data)
    result = take_in(
        source, out, options=IntakeOptions(limits=IntakeLimits(**limits)),
        on_progress=lambda step, share: steps.append(step),
    )  # fmt: skip
    return result, out, steps


def refusal_of(tmp_path: Path, data: bytes, **limits: int) -> IntakeRefused:
    with pytest.raises(IntakeRefused) as caught:
        taken(tmp_path, data, **limits)
    assert not (tmp_path / "out").exists()
    assert caught.value.message_en
    assert caught.value.message_fa
    return caught.value


def test_a_photo_becomes_canonical_files_with_progress(tmp_path: Path) -> None:
    result, out, steps = taken(tmp_path, intake_files.sample_jpeg())
    assert steps == ["recognise", "decode", "find", "judge", "draw", "done"]
    assert {path.name for path in out.iterdir()} == {"result.json", *result.files}
    assert {"picture.png", "preview.jpg", "report.json"} <= set(result.files)
    assert (result.kind, result.needs_points) == ("JPEG", True)
    assert "system calls" in result.guards
    with Image.open(io.BytesIO((out / "picture.png").read_bytes())) as picture:
        assert picture.size == (result.width_px, result.height_px)
    assert json.loads((out / "result.json").read_text())["files"] == sorted(result.files)


@pytest.mark.parametrize("container", intake_files.FILMS)
def test_a_video_becomes_canonical_files(container: str, tmp_path: Path) -> None:
    result, out, _ = taken(tmp_path, intake_files.film(container))
    assert result.video
    assert (result.width_px, result.height_px) == (160, 144)
    assert (out / "picture.png").is_file()


@pytest.mark.parametrize(
    ("name", "code"),
    [("bomb", "too_many_pixels"), ("polyglot", "polyglot"), ("list", "other_files"), ("cut", "truncated")],
)
def test_what_harms_is_refused_and_leaves_nothing(name: str, code: str, tmp_path: Path) -> None:
    harmful = {
        "bomb": intake_files.png_bomb(),
        "polyglot": intake_files.photo("JPEG") + intake_files.archive(),
        "list": b"#EXTM3U\nfile:///etc/passwd\n",
        "cut": intake_files.photo("JPEG")[:-20],
    }
    assert refusal_of(tmp_path, harmful[name]).code == code


def test_bytes_are_counted_before_a_child_is_started(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, b"").code == "empty"
    assert refusal_of(tmp_path, b"x" * (1 << 20 | 1), upload_bytes=1 << 20).code == "too_many_bytes"


def test_what_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    data = intake_files.photo("PNG", Image.new("RGB", (6000, 5000)))
    assert refusal_of(tmp_path, data, memory_bytes=30 << 20).code == "too_costly"


def test_what_takes_too_long_is_refused(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, intake_files.film("mp4", 20), wall_s=0)
    assert refused.code == "too_costly"


def test_more_output_than_is_allowed_is_not_kept(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, intake_files.sample_jpeg(), output_bytes=1000).code == "unreadable"


def test_models_that_cannot_be_read_are_not_blamed_on_the_upload(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"no model")
    source = tmp_path / "upload"
    source.write_bytes(intake_files.photo("PNG"))
    models = {"landmarks": tmp_path / "model", "short_range": tmp_path / "model"}
    with pytest.raises(IntakeBroken):
        take_in(source, tmp_path / "out", options=IntakeOptions(models=models), on_progress=print)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(FileExistsError):
        taken(tmp_path, intake_files.photo("PNG"))
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_progress_that_fails_ends_the_child_and_removes_its_files(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(intake_files.sample_jpeg())

    def stop(step: str, share: float) -> None:
        if step == "draw":
            raise InterruptedError(step)

    with pytest.raises(InterruptedError):
        take_in(source, tmp_path / "out", options=IntakeOptions(), on_progress=stop)
    assert not (tmp_path / "out").exists()


def test_a_child_that_never_ends_is_killed_with_all_it_started(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"x")
    script = (
        "import subprocess, time; subprocess.Popen(['sleep', '1000'])\n"
        "print('on', flush=True); time.sleep(1000)"
    )
    heard: list[bytes] = []
    threads = threading.active_count()
    ended = run_child([sys.executable, "-I", "-c", script], upload, 2, heard.append)
    assert (ended.timed_out, ended.status) == (True, -9)
    assert threading.active_count() == threads


@pytest.mark.parametrize(
    "said",
    [
        b"no json\n",
        b'{"file": ["../../etc/passwd", 3]}\nabc',
        b'{"file": ["picture.png", 99999999999]}\n',
        b'{"file": ["picture.png", 3]}\nabc',
        b'{"file": ["report.json", 2]}\n{}{"file": ["report.json", 2]}\n{}',
        b'{"file": ["preview.jpg", 30]}\nabc',
        b'{"else": 1}\n',
        b'{"progress": 1}\n',
        b"[1]\n",
        b"x" * 70_000,
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_a_child_that_says_what_it_must_not_is_not_believed(said: bytes, piece: int, tmp_path: Path) -> None:
    output = ChildOutput(tmp_path, 1000, lambda step, share: None)
    for at in range(0, len(said), piece):
        output.take(said[at : at + piece])
    output.close()
    assert output.broken
    allowed = {"picture.png", "report.json", "preview.jpg", "temporary"}
    assert {path.name for path in tmp_path.iterdir()} <= allowed


def test_mutated_files_end_in_a_refusal_or_an_avatar() -> None:
    ends = fuzz_intake.fuzz(6, 7, whole=True)
    assert sum(ends.values()) == 6
    assert "LEFT SOMETHING" not in ends


def test_mutated_files_attempt_nothing(tmp_path: Path) -> None:
    script = "import fuzz_intake; print(dict(fuzz_intake.fuzz(60, 11, whole=False)))"
    upload = tmp_path / "none"
    upload.write_bytes(b"")
    heard: list[bytes] = []
    tests = str(Path(fuzz_intake.__file__).parent)
    script = f"import sys; sys.path.insert(0, {tests!r}); {script}"
    ended = run_child([sys.executable, "-c", script], upload, 300, heard.append)
    assert ended.status == 0, ended.last_words
    said = b"".join(heard).decode()
    assert "ATTEMPT" not in said
    assert "refused" in said
