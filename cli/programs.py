"""The programs of the embedded stack: each one's command and environment.

The same commands stand in the compose file. Nothing here starts anything.
"""

import importlib.metadata
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cli import embedded_redis
from cli.supervisor import Program
from settings import Settings

DRAIN_S: Final = 30.0
"""How long a worker may finish or hand over what it has."""

REGISTRAR: Final = "registrar"

_ONE_THREAD: Final = {
    # Spinning pools of linear algebra burn twice the processor and make nothing faster.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


def shared_environment(configured: Settings) -> dict[str, str]:
    """Return the settings that every program of one stack must agree on."""
    return {
        "AVATAR_VAR": str(configured.var),
        "REDIS_URL": configured.redis_url,
        "MEDIA_REDIS_URL": configured.media_redis_url,
        "DATABASE_URL": configured.database_url,
        "AVATAR_STORAGE": configured.storage,
        "AVATAR_S3_ENDPOINT": configured.s3_endpoint or "",
        "AVATAR_SECRET_FILE": str(configured.secret_file),
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
    }


def redis_program(configured: Settings) -> Program:
    """Return the embedded Redis. SIGTERM lets it write what it holds."""
    assert configured.redis_socket is not None  # noqa: S101 - asked for only without REDIS_URL
    return Program(
        name="redis",
        argv=embedded_redis.prepare(configured.var, configured.redis_socket),
        death_signal=signal.SIGTERM,
        stop_s=10.0,
    )


def web_program(configured: Settings, env: dict[str, str], listener: socket.socket) -> Program:
    """Return the front door on a socket that outlives it, so a restart refuses nobody."""
    metrics_dir = configured.var / "run" / "web-metrics"

    def empty_metrics() -> None:
        # Files of processes that are gone would be added to the sums for ever.
        shutil.rmtree(metrics_dir, ignore_errors=True)
        metrics_dir.mkdir(parents=True)

    return Program(
        name="web",
        argv=_python(
            "gunicorn", "--config", "python:web.gunicorn_conf", "--bind", f"fd://{listener.fileno()}",
        ),
        env={**env, "PROMETHEUS_MULTIPROC_DIR": str(metrics_dir)},
        pass_fds=(listener.fileno(),),
        before_start=empty_metrics,
    )  # fmt: skip


def worker_program(
    configured: Settings,
    env: dict[str, str],
    *,
    number: int,
    gpu: int | None,
    metrics_port: int,
    after_exit: Callable[[], bool],
) -> Program:
    """Return one worker: one device, one warm engine, jobs as threads over it."""
    name = worker_name(configured, number)
    return Program(
        name=name,
        argv=_python(
            "celery", "--app", "tasks.worker", "worker",
            "--pool", "threads",
            "--hostname", f"{name}@%h",
            "--queues", "synthesis,files",
            "--without-mingle", "--without-gossip",
            "--events",
            "--loglevel", configured.log_level,
        ),
        env={
            **env,
            **_ONE_THREAD,
            "AVATAR_WORKER_NAME": name,
            "AVATAR_WORKER_METRICS_PORT": str(metrics_port),
            # An empty value hides every GPU from a worker that is meant for the processor.
            "CUDA_VISIBLE_DEVICES": "" if gpu is None else str(gpu),
            # As the driver counts them; by itself CUDA puts the fastest first.
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        },
        stop_s=DRAIN_S + 2.0,
        after_exit=after_exit,
    )  # fmt: skip


def registrar_program(configured: Settings, env: dict[str, str], *, metrics_port: int = 0) -> Program:
    """Return the process that makes avatars of uploads; it makes itself nicer than the workers are."""
    return Program(
        name=REGISTRAR,
        argv=_python(
            "celery", "--app", "tasks.registrar", "worker",
            "--pool", "threads", "--concurrency", "2",
            "--hostname", f"{REGISTRAR}@%h",
            "--queues", "registration,batches",
            "--without-mingle", "--without-gossip",
            "--events",
            "--loglevel", configured.log_level,
        ),
        env={
            **env,
            **_ONE_THREAD,
            "AVATAR_WORKER_NAME": REGISTRAR,
            "AVATAR_WORKER_METRICS_PORT": str(metrics_port),
        },
        # What it has not finished by then is gone on with from the upload at the next start.
        stop_s=5.0,
    )  # fmt: skip


def worker_name(configured: Settings, number: int) -> str:
    """Return a worker's name in leases, metrics and Flower; numbers count from 1."""
    return f"{configured.worker_name}-{number}"


def reaper_program(env: dict[str, str]) -> Program:
    """Return the process that finds streams whose worker is gone."""
    return Program(name="reaper", argv=_python("tasks.reaper"), env=env)


def flower_program(env: dict[str, str], *, port: int, key: str) -> Program:
    """Return Flower, on loopback, behind the run's own key."""
    return Program(
        name="flower",
        argv=_python(
            "celery", "--app", "tasks.app", "flower",
            "--address=127.0.0.1", f"--port={port}", "--logging=warning",
            "--max-tasks=10000",
        ),
        # By environment, because a command line can be read by everyone on the machine.
        env={**env, "FLOWER_BASIC_AUTH": f"avatar:{key}", "FLOWER_PERSISTENT": "False"},
    )  # fmt: skip


def worker_count(configured: Settings, gpus: int, cores: int) -> int:
    """Return how many workers run: as set, else one per GPU, else one per core."""
    return configured.workers or gpus or max(1, cores)


def free_port() -> int:
    """Return a port on loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def listen(host: str, port: int) -> socket.socket:
    """Open the service's one port; 0 takes a free one.

    Raises:
        OSError: somebody else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=512)
    listener.set_inheritable(True)
    return listener


def _has_gpu_build() -> bool:
    try:
        importlib.metadata.version("onnxruntime-gpu")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def gpu_count() -> int:
    """Return how many NVIDIA GPUs the workers can use; 0 without a driver or the GPU build."""
    if not _has_gpu_build() or not Path("/dev/nvidiactl").exists():
        return 0
    import pynvml  # noqa: PLC0415, TID251 - the module that nvidia-ml-py installs; needed only with a driver

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    try:
        return int(pynvml.nvmlDeviceGetCount())
    finally:
        pynvml.nvmlShutdown()
