"""Assets come from the first source that has them, whole and checked, or are told missing."""

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import settings
from workers.asset_sources import Fetcher, WebSource, WheelSource
from workers.assets import (
    Asset,
    AssetsMissing,
    LicenceNotAccepted,
    UnknownAsset,
    choose,
    face_model_paths,
    held,
    pull,
    read_manifest,
)

CONTENT = bytes(range(256)) * 1200
OTHER = bytes(reversed(CONTENT))
Answer = Callable[[BaseHTTPRequestHandler, int], None]
"""Answers one request, which asks for the file from a byte on."""


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, start: int = 0) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    if status == 206:
        handler.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{start + len(body)}")
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler: BaseHTTPRequestHandler, start: int) -> None:
    send(handler, CONTENT[start:], 206 if start else 200, start)


def whole_again(handler: BaseHTTPRequestHandler, start: int) -> None:
    """Answer as a server that knows no ranges."""
    send(handler, CONTENT)


def another(handler: BaseHTTPRequestHandler, start: int) -> None:
    send(handler, OTHER[start:], 206 if start else 200, start)


def longer(handler: BaseHTTPRequestHandler, start: int) -> None:
    send(handler, CONTENT + b"!")


def status(code: int) -> Answer:
    return lambda handler, start: send(handler, b"no", code)


def cut(length: int) -> Answer:
    """Promise the rest, give `length` bytes of it, and close."""

    def answer(handler: BaseHTTPRequestHandler, start: int) -> None:
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(CONTENT) - start))
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.end_headers()
        handler.wfile.write(CONTENT[start : start + length])
        handler.wfile.flush()
        handler.close_connection = True

    return answer


class Server:
    """A real HTTP server that answers as it was told, the last answer again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [whole]
        self.starts: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
                answer = outer.answers[min(len(outer.starts), len(outer.answers) - 1)]
                outer.starts.append(start)
                answer(self, start)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def asset_at(*urls: str, needed: bool = True) -> Asset:
    return Asset(
        name="face", file="face.bin", purpose="a test", licence="MIT", needed=needed, size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(), sources=tuple(WebSource(url) for url in urls),
    )  # fmt: skip


def fetch(
    asset: Asset, folder: Path, mirror: str | None = None, pauses: list[float] | None = None
) -> str | None:
    sleep = [].append if pauses is None else pauses.append
    (got,) = pull([asset], folder, mirror, fetcher=Fetcher(sleep=sleep))
    return got.source


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".pulling"}


def test_an_address_gives_the_file_and_tells_how_far_it_is(server: Server, tmp_path: Path) -> None:
    told: list[int] = []
    asset = asset_at(f"{server.url}/face.bin")
    pull([asset], tmp_path, on_progress=lambda _, done: told.append(done))
    assert (tmp_path / "face.bin").read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)
    assert files(tmp_path) == {"face.bin"}


def test_a_file_that_is_held_is_not_asked_for(server: Server, tmp_path: Path) -> None:
    (tmp_path / "face.bin").write_bytes(CONTENT)
    assert fetch(asset_at(server.url), tmp_path) == "held"
    assert server.starts == []


def test_a_held_file_that_was_changed_is_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "face.bin").write_bytes(OTHER)
    assert not held(asset_at(server.url), tmp_path)
    fetch(asset_at(server.url), tmp_path)
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


def test_a_mirror_folder_comes_before_every_source(server: Server, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "face.bin").write_bytes(CONTENT)
    assert fetch(asset_at(server.url), tmp_path / "here", str(mirror)) == str(mirror / "face.bin")
    assert server.starts == []


def test_a_mirror_may_be_an_address(server: Server, tmp_path: Path) -> None:
    assert fetch(asset_at(), tmp_path, f"{server.url}/mirror/") == f"{server.url}/mirror/face.bin"


def test_a_mirror_with_another_file_is_passed_over(server: Server, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "face.bin").write_bytes(OTHER)
    assert fetch(asset_at(server.url), tmp_path / "here", str(mirror)) == server.url
    assert files(tmp_path / "here") == {"face.bin"}


def test_a_cut_transfer_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.answers = [cut(100_000), cut(50_000), whole]
    fetch(asset_at(server.url), tmp_path)
    assert server.starts == [0, 100_000, 150_000]
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


def test_what_a_cut_transfer_left_serves_the_next_pull(server: Server, tmp_path: Path) -> None:
    server.answers = [cut(10_000)] * 4 + [whole]
    with pytest.raises(AssetsMissing, match="gave up after 4 attempts"):
        fetch(asset_at(server.url), tmp_path)
    assert not (tmp_path / "face.bin").exists()
    fetch(asset_at(server.url), tmp_path)
    assert server.starts == [0, 10_000, 20_000, 30_000, 40_000]
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_gives_the_whole_again(server: Server, tmp_path: Path) -> None:
    server.answers = [cut(100_000), whole_again]
    fetch(asset_at(server.url), tmp_path)
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


def test_a_beginning_of_another_file_is_thrown_away_and_the_file_read_afresh(
    server: Server, tmp_path: Path
) -> None:
    asset = asset_at(server.url)
    (tmp_path / f"face.bin.{asset.sha256[:12]}.part").write_bytes(OTHER[:5000])
    fetch(asset, tmp_path)
    assert server.starts == [5000, 0]
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_after_a_pause(server: Server, tmp_path: Path) -> None:
    server.answers = [status(503), status(429), whole]
    pauses: list[float] = []
    fetch(asset_at(server.url), tmp_path, pauses=pauses)
    assert pauses == [0.5, 1.0]
    assert (tmp_path / "face.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status(503), "gave up after 4 attempts: answered 503"),
        (status(404), "answered 404"),
        (another, "is another file"),
        (longer, "is another file: more than"),
    ],
)
def test_what_is_not_the_file_leaves_nothing_and_is_told(
    server: Server, tmp_path: Path, answer: Answer, reason: str
) -> None:
    server.answers = [answer]
    with pytest.raises(AssetsMissing, match=reason) as raised:
        fetch(asset_at(server.url), tmp_path)
    assert f"{server.url}: " in str(raised.value)
    assert files(tmp_path) == set()


def test_the_next_source_is_asked_when_one_has_another_file(server: Server, tmp_path: Path) -> None:
    server.answers = [another, whole]
    assert fetch(asset_at(f"{server.url}/a", f"{server.url}/b"), tmp_path) == f"{server.url}/b"


def test_a_host_that_cannot_be_reached_is_tried_once(tmp_path: Path) -> None:
    closed = Server()
    closed.close()
    with pytest.raises(AssetsMissing) as raised:
        fetch(asset_at(f"{closed.url}/a", f"{closed.url}/b"), tmp_path)
    assert str(raised.value).count("cannot be reached") == 2


def test_what_is_not_needed_may_be_missing(server: Server, tmp_path: Path) -> None:
    server.answers = [status(404)]
    (got,) = pull([asset_at(server.url, needed=False)], tmp_path, fetcher=Fetcher(sleep=lambda _: None))
    assert got.source is None
    assert [attempt.reason for attempt in got.tried] == ["answered 404"]


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip is configured for a folder of this test's own, which holds one wheel."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "faces-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("faces/face.bin", CONTENT)
        wheel.writestr("faces-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: faces\nVersion: 1.0\n")
        wheel.writestr("faces-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("faces-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    return folder


def test_a_member_of_a_wheel_comes_through_pips_own_configuration(own_index: Path, tmp_path: Path) -> None:
    asset = replace(asset_at(), sources=(WheelSource("faces==1.0", "faces/face.bin"),))
    fetch(asset, tmp_path / "here")
    assert (tmp_path / "here" / "face.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("wheel", "member", "reason"),
    [
        ("faces==1.0", "faces/nose.bin", "the wheel has no such member"),
        ("faces==2.0", "faces/face.bin", "No matching distribution found for faces==2.0"),
    ],
)
def test_a_wheel_that_does_not_serve_is_told_with_the_file_and_its_checksum(
    own_index: Path, tmp_path: Path, wheel: str, member: str, reason: str
) -> None:
    asset = replace(asset_at(), sources=(WheelSource(wheel, member),))
    with pytest.raises(AssetsMissing) as raised:
        fetch(asset, tmp_path / "here", str(tmp_path / "nowhere"))
    told = str(raised.value)
    assert f"face.bin (face, {len(CONTENT)} bytes, sha256 {asset.sha256})" in told
    assert f"{tmp_path}/nowhere/face.bin: is not there" in told
    assert reason in told
    assert "AVATAR_ASSET_MIRROR" in told


def test_a_name_that_the_manifest_does_not_have_raises_with_those_it_has() -> None:
    with pytest.raises(UnknownAsset, match=r"no asset 'nose'; known: face-detector, "):
        choose(read_manifest(), ["nose"])


def test_what_is_a_part_comes_when_it_or_the_whole_is_named_and_not_by_itself() -> None:
    assets = read_manifest()
    parts = [asset.name for asset in assets if asset.part_of == "voice-fa-amir"]
    assert len(parts) == 3
    assert [asset.name for asset in choose(assets, ["voice-fa-amir"])] == parts
    assert [asset.name for asset in choose(assets, [parts[0]])] == parts[:1]
    assert not {asset.name for asset in choose(assets, [])} & set(parts)


def test_what_has_terms_is_fetched_only_by_who_accepts_its_licence_by_name(
    server: Server, tmp_path: Path
) -> None:
    asset = replace(asset_at(server.url), licence="LicenseRef-x", terms="no use by night")
    for accepted in ((), ("MIT",)):
        with pytest.raises(LicenceNotAccepted, match="no use by night") as caught:
            pull([asset_at(server.url, needed=False), asset], tmp_path / "here", accepted=accepted)
        assert "--accept LicenseRef-x" in str(caught.value)
    assert not (tmp_path / "here").exists()
    assert server.starts == []
    (got,) = pull([asset], tmp_path / "here", accepted=["LicenseRef-x"])
    assert got.source == server.url
    # It is here now, so nothing is fetched that would have to be accepted.
    assert pull([asset], tmp_path / "here")[0].source == "held"


def test_what_has_terms_does_not_come_by_itself() -> None:
    assets = read_manifest()
    assert any(asset.terms for asset in assets)
    assert not any(asset.terms for asset in choose(assets, ()))
    assert [asset.name for asset in choose(assets, ["wav2lip"])] == ["wav2lip"]


def test_a_file_of_a_folder_within_is_put_there(tmp_path: Path) -> None:
    (tmp_path / "mirror" / "voices").mkdir(parents=True)
    (tmp_path / "mirror" / "voices" / "one.onnx").write_bytes(CONTENT)
    asset = Asset(
        name="one", file="voices/one.onnx", purpose="", licence="", needed=True, size_bytes=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(), sources=(),
    )  # fmt: skip
    pull([asset], tmp_path / "here", str(tmp_path / "mirror"))
    assert held(asset, tmp_path / "here")


def test_the_manifest_says_of_every_asset_what_it_is_and_where_it_is_to_be_had() -> None:
    assets = read_manifest()
    assert len({asset.name for asset in assets}) == len({asset.file for asset in assets}) == len(assets)
    for asset in assets:
        assert len(bytes.fromhex(asset.sha256)) == 32
        assert asset.licence in {"Apache-2.0", "MIT", "CC0-1.0"} or asset.terms
        assert asset.size_bytes > 0
        assert Path(asset.file).parent.name in {"", "voices", "wav2lip"}
        assert asset.sources
        if asset.needed:
            assert any(isinstance(source, WheelSource) for source in asset.sources), "for closed networks"


def test_missing_models_are_told_with_the_sources_they_are_to_be_had_from(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing) as raised:
        face_model_paths(settings.load({"AVATAR_ASSETS": str(tmp_path)}))
    assert [asset.name for asset, _ in raised.value.missing] == ["face-detector", "face-landmarks-468"]
    assert "to be had from https://" in str(raised.value)
    assert "mediapipe==0.10.21" in str(raised.value)


def test_the_better_landmarks_and_the_second_detector_are_used_where_they_are_there(
    asset_dir: Path, tmp_path: Path
) -> None:
    configured = settings.load({"AVATAR_ASSETS": str(asset_dir)})
    paths = face_model_paths(configured)
    here = {asset.name for asset in read_manifest() if held(asset, asset_dir)}
    best = "face_landmarker.task" if "face-landmarks-478" in here else "face_landmark.tflite"
    assert paths["landmarks"] == asset_dir / best
    assert ("yunet" in paths) == ("face-detector-yunet" in here)
