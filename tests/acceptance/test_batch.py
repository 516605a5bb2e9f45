"""A batch goes on whole when the registrar is killed in its middle, and no single photo waits for it."""

import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import intake_files
import psutil
import pytest
from PIL import Image
from stacks import avatar_environment, running

FIELDS = {"voice": "fa", "consent_who": "nobody, a drawing", "consent_statement": "It is drawn."}
FILES = 12
BROKEN = {"cut.jpg", "words.png"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, asset_dir: Path) -> Iterator[dict[str, Any]]:
    var = tmp_path_factory.mktemp("batch") / "var"
    env = avatar_environment(var, AVATAR_ASSETS=str(asset_dir))
    with running(var, env, "--no-flower") as made:
        yield {**made, "var": var, "env": env}


@pytest.fixture(scope="module")
def http(stack: dict[str, Any]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack["address"], timeout=60, trust_env=False) as client:
        given = client.post("/v1/tokens", json={"key": stack["key"]}).json()
        client.headers["Authorization"] = f"Bearer {given['access_token']}"
        yield client


@pytest.fixture(scope="module")
def photos() -> dict[str, bytes]:
    """Photos of a face, each its own, and two files that are none."""
    face = Image.open(io.BytesIO(intake_files.sample_jpeg())).convert("RGB")
    made = {}
    for number in range(FILES - len(BROKEN)):
        out = io.BytesIO()
        shown = face.point([min(255, value + 3 * number) for value in range(256)] * 3)
        shown.save(out, "JPEG", quality=88)
        made[f"people/face-{number}.jpg"] = out.getvalue()
    return {**made, "cut.jpg": intake_files.sample_jpeg()[:9000], "words.png": b"these are words" * 50}


def upload(http: httpx.Client, data: bytes) -> str:
    """Send a file as tus does, in two parts."""
    tus = {"Tus-Resumable": "1.0.0"}
    made = http.post("/v1/uploads", headers={**tus, "Upload-Length": str(len(data))})
    assert made.status_code == 201, made.text
    where, half = made.headers["Location"], len(data) // 2
    for offset, part in ((0, data[:half]), (half, data[half:])):
        headers = {**tus, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        assert http.patch(where, content=part, headers=headers).status_code == 204
    return where.rpartition("/")[2]


def begin(http: httpx.Client, files: dict[str, bytes], key: str) -> dict[str, Any]:
    items = [{"upload": upload(http, data), "file": name} for name, data in files.items()]
    made = http.post("/v1/avatars:batch", json={**FIELDS, "items": items}, headers={"Idempotency-Key": key})
    assert made.status_code == 202, made.text
    again = http.post("/v1/avatars:batch", json={**FIELDS, "items": items}, headers={"Idempotency-Key": key})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    begun: dict[str, Any] = made.json()
    return begun


def wait(http: httpx.Client, address: str, ended: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    until_s = time.monotonic() + 180
    while True:
        shown: dict[str, Any] = http.get(address).json()
        if ended(shown):
            return shown
        assert time.monotonic() < until_s, shown
        time.sleep(0.05)


def kill_registrar(stack: dict[str, Any]) -> None:
    for child in psutil.Process(stack["pid"]).children():
        if "tasks.registrar" in " ".join(child.cmdline()):
            os.kill(child.pid, signal.SIGKILL)
            return
    raise AssertionError("no registrar runs")


def test_a_batch_outlives_its_registrar_and_does_every_file_once(stack, http, photos) -> None:
    made = begin(http, photos, "first")
    seen = wait(http, made["links"]["self"], lambda shown: shown["counts"]["ready"] >= 2)
    assert seen["state"] == "running"
    kill_registrar(stack)
    shown = wait(http, made["links"]["self"], lambda shown: shown["state"] == "done")
    assert (shown["percent"], shown["counts"]["pending"]) == (100, 0)
    by_name = {item["file"]: item for item in shown["items"]}
    assert by_name.keys() == photos.keys()
    assert {name for name, item in by_name.items() if item["registration"]["state"] == "refused"} == BROKEN
    for name, item in by_name.items():
        avatar = http.get(item["links"]["avatar"]).json()
        assert avatar["version"] == (0 if name in BROKEN else 1)
        if name in BROKEN:
            assert item["registration"]["refusal"]["detail_fa"]
        else:
            assert item["verdict"] in ("good", "usable")
    # What a registrar was killed at just before it cleared up is swept later; it is at two at once.
    quarantine = stack["var"] / "storage" / "quarantine"
    until_s = time.monotonic() + 30
    while len({path.parent for path in quarantine.rglob("*") if path.is_file()}) > 2:
        assert time.monotonic() < until_s
        time.sleep(0.1)


def test_a_single_photo_is_not_kept_waiting_by_a_batch(http, photos) -> None:
    whole = {f"again/{name}": data + b"\0" for name, data in photos.items() if name not in BROKEN}
    made = begin(http, whole, "second")
    one = http.post(
        "/v1/avatars",
        data={**FIELDS, "id": "alone", "title_en": "Alone"},
        files={"file": next(iter(photos.values()))},
    )
    assert one.status_code == 202, one.text
    wait(http, "/v1/avatars/alone", lambda shown: shown["state"] == "ready")
    assert http.get(made["links"]["self"]).json()["counts"]["pending"] > 0
    called_off = http.delete(made["links"]["self"]).json()
    assert called_off["state"] == "cancelled"
    ends = {item["registration"]["state"] for item in http.get(made["links"]["self"]).json()["items"]}
    assert ends == {"ready", "refused"}
