"""The machine a figure was measured on, and what the service's processes take of it."""

import platform
from pathlib import Path

import httpx
import psutil

from cli.run_file import RunFile


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
