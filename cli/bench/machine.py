"""The machine a figure was measured on, and what the service's processes take of it."""

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx
import psutil

import settings
from cli.bench.together import BenchmarkFailed, together
from cli.run_file import RunFile

_BARE_LIMIT_S: Final = 60.0


def describe() -> str:
    """Return processor, cores, memory and Python in one line."""
    model = platform.processor() or "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{model}, {psutil.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    )


def worker_memory_mb(run: RunFile) -> list[float]:
    """Return the resident memory of each worker with the processes it started, in MB."""
    found = []
    for child in psutil.Process(run.pid).children():
        if "tasks.worker" in child.cmdline():
            family = [child, *child.children(recursive=True)]
            found.append(sum(_own_memory(process) for process in family) / 1e6)
    return found


def _own_memory(process: psutil.Process) -> float:
    try:
        # A fork shares most pages with its parent: what is its own is what it adds.
        return float(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        # A voice forks for every sentence; this one has been said.
        return 0.0


def worker_gauges(run: RunFile, name: str) -> list[float]:
    """Return one gauge as each worker's own /metrics shows it."""
    values = []
    for program, port in run.ports.items():
        if not program.startswith("worker-"):
            continue
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        values += [float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} ")]
    return values


def service_cpu_s(run: RunFile) -> float:
    """Return the processor time that every process of the service has taken, the ended ones too."""
    supervisor = psutil.Process(run.pid)
    total_s = 0.0
    for process in (supervisor, *supervisor.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            # It has ended since; its parent's count of ended children has it.
            continue
        total_s += times.user + times.system + times.children_user + times.children_system
    return total_s


def bare_workers(processes: int) -> dict[str, float]:
    """Start so many bare workers at once and return the slowest's and largest's figures.

    Returns:
        `import_s`: from exec to everything imported; `prepare_s`: faces ready, chunks drawn;
        `import_mb`: memory of its own after the imports; `encoder_mb`: of every open encoder.

    Raises:
        BenchmarkFailed: one of them did not end well.
    """
    told = together(processes, lambda _: _bare_worker(), lambda _: None)
    return {name: max(figures[name] for figures in told) for name in told[0]}


def _bare_worker() -> dict[str, float]:
    ran = subprocess.run(
        [sys.executable, "-m", "cli.bench.bare_worker"],
        env=settings.environment({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_BARE_LIMIT_S, check=False,
    )  # fmt: skip
    if ran.returncode:
        raise BenchmarkFailed(f"a bare worker ended with {ran.returncode}: {ran.stderr[-500:]}")
    figures: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return figures
