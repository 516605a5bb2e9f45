"""The embedded stack with its files in a bucket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import buckets
import httpx
import pytest
from stacks import avatar, avatar_environment, running


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with buckets.running_server() as endpoint:
        yield endpoint


def _environment(var: Path, server: str, bucket: str) -> dict[str, str]:
    changes = {"AVATAR_STORAGE": f"s3://{bucket}/house", "AVATAR_S3_ENDPOINT": server}
    return avatar_environment(var, **changes, **buckets.CREDENTIALS)


def _fetch(made: dict[str, Any], path: str, **headers: str) -> tuple[int, bytes]:
    with httpx.Client(base_url=made["address"], trust_env=False, timeout=20) as door:
        token = door.post("/v1/tokens", json={"key": made["key"]}).json()["access_token"]
        answer = door.get(path, headers={"Authorization": f"Bearer {token}", **headers})
        return answer.status_code, answer.content


def test_a_sentence_is_said_and_its_film_served_out_of_the_bucket(tmp_path: Path, server: str) -> None:
    var = tmp_path / "var"
    with buckets.fresh_bucket(server, buckets.CREDENTIALS) as (bucket, client):
        env = _environment(var, server, bucket)
        with running(var, env, "--no-flower") as made:
            film = tmp_path / "film.mp4"
            said = avatar(env, "say", "سلام، این از سطل می‌آید.", "--out", str(film), "--json")
            assert said.returncode == 0, said.stderr
            path = f"/v1/utterances/{json.loads(said.stdout)['utterance']}/video.mp4"
            whole = film.read_bytes()
            assert whole[4:8] == b"ftyp"
            assert _fetch(made, path) == (200, whole)
            assert _fetch(made, path, Range="bytes=5000-5999") == (206, whole[5000:6000])
            assert _fetch(made, path, Range="bytes=-700") == (206, whole[-700:])
            key = f"house/{path.removeprefix('/v1/')}"
            assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == whole
        assert not (var / "storage").exists()


def test_a_bucket_that_is_not_there_is_told_before_anything_starts(tmp_path: Path, server: str) -> None:
    env = _environment(tmp_path / "var", server, "nowhere-at-all")
    for command in (("up", "--detach", "--no-flower"), ("doctor",)):
        done = avatar(env, *command)
        assert done.returncode == 1
        told = " ".join((done.stdout + done.stderr).split())
        assert "there is no bucket s3://nowhere-at-all" in told
        assert "Traceback" not in told
