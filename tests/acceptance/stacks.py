"""A real stack of its own for a test: started, handed out, stopped."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import settings

_FROM_OUTSIDE = ("REDIS_URL", "MEDIA_REDIS_URL", "DATABASE_URL", "AVATAR_URL", "AVATAR_KEY")


def avatar_environment(var: Path, **changes: str) -> dict[str, str]:
    """Return an environment in which nothing but the given settings holds; one worker by default."""
    chosen = dict.fromkeys(_FROM_OUTSIDE, "")
    chosen |= {"AVATAR_VAR": str(var), "AVATAR_WORKERS": "1", "AVATAR_STREAMS": "4", **changes}
    return settings.environment(chosen)


def avatar(env: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=dict(env), capture_output=True, text=True, check=False,
    )  # fmt: skip


@contextmanager
def running(var: Path, env: Mapping[str, str], *arguments: str) -> Iterator[dict[str, Any]]:
    """Run `avatar up` in the background; yield what its run.json says."""
    started = avatar(env, "up", "--detach", *arguments)
    assert started.returncode == 0, started.stderr
    try:
        yield json.loads((var / "run.json").read_text())
    finally:
        avatar(env, "down")
