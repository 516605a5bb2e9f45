"""The network that paints mouths on this machine's device: alone, and with all that is around it.

The model of the asset folder in, one table out. Each way to run it is opened as a worker opens it, on
the processor and on a GPU by the same code. End to end, streams foresee, paint and encode in one process
over one batcher, as fast as they go; speech, Redis and the front door are left out.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import cv2
import numpy as np
import psutil

from avatars.seeding import SAMPLES, sample_face
from cli import programs
from cli.bench import machine
from cli.bench.figures import percentile
from cli.bench.table import Line, ratio, rows
from cli.bench.together import BenchmarkFailed, Tell
from lipsync import clock
from lipsync.engines.contract import Drive, Size
from lipsync.engines.net import Net, NetFailed
from lipsync.engines.wav2lip import Wav2LipEngine, Wav2LipPainter
from lipsync.media.encoder import SegmentEncoder
from lipsync.mouth.controls import JAW, rest
from lipsync.pipeline import frames_of_chunk
from lipsync.speech.heard import AFTER_SAMPLES, BEFORE_SAMPLES, Heard
from workers.device import Device, DeviceUnusable, ModelUnreadable, device_load, device_memory, pinned_device
from workers.fastest import Way, ways
from workers.faults import FaultBook
from workers.flops import device_flops, model_flops
from workers.golden import Golden, golden_input, golden_of
from workers.nets import MODEL, NotAMouthModel, plain_net
from workers.warm_net import CPU_MOST, CUDA_SIZES, warm_net

USUAL: Final = Size(512, 512)
TURNS: Final = 5
"""Calls of each size, of which the fastest counts: what else the machine does only ever adds."""


def chosen_device(visible: str) -> Device:
    """Return what is measured: the GPU that is named, else the first one, else the processor.

    Raises:
        BenchmarkFailed: the GPU cannot be used.
    """
    named = visible or ("0" if programs.gpu_count() else "")
    try:
        return pinned_device(named)
    except DeviceUnusable as trouble:
        raise BenchmarkFailed(str(trouble)) from trouble


def steps(asset_dir: Path, device: Device, stream_counts: Sequence[int]) -> int:
    """Return how many steps `nets` tells of."""
    return len(ways(asset_dir, asset_dir, 1, device)) + len(stream_counts)


def nets(
    asset_dir: Path, device: Device, chunks: int, stream_counts: Sequence[int], tell: Tell = lambda _: None,
    *, size: Size = USUAL, floor_flops: Callable[[Device], float] = device_flops,
) -> dict[str, Any]:  # fmt: skip
    """Measure each way to run the network alone, then streams over the fastest of them.

    Args:
        asset_dir: where the model files are.
        device: what they are run on.
        chunks: of each stream.
        stream_counts: how many streams at once, each number by itself.
        tell: told how many ways and numbers are done.
        size: of the pictures.
        floor_flops: tells what arithmetic the device is capable of.

    Returns:
        `device`, `frame_gflop`, `device_gflops`, `floor_fps`; `alone`: a row for each way; `whole`: a row
        for each number of streams.

    Raises:
        BenchmarkFailed: there is no model, or it is not used.
    """
    model = asset_dir / MODEL
    if not model.is_file():
        raise BenchmarkFailed(f"no model at {model}; see docs/wav2lip.md")
    cv2.setNumThreads(1)
    try:
        golden = golden_of(model, lambda: plain_net(model))
        frame_flops, flops = _frame_flops(model), floor_flops(device)
        with tempfile.TemporaryDirectory() as folder:
            found = ways(asset_dir, Path(folder), 1, device)
            alone = []
            for way in found:
                alone.append(_alone(way, golden, device))
                tell(len(alone))
            warm = warm_net(asset_dir, device, FaultBook(Path(folder)), cache=Path(folder))
            if warm is None:
                raise BenchmarkFailed(f"the model is not used on {device.title}; net_not_opened says why")
            whole = []
            with warm.net as net:
                painter = Wav2LipEngine(net).prepare(sample_face(SAMPLES[0].id), size)
                for streams in stream_counts:
                    whole.append({"way": warm.readiness.way, **_streams(painter, streams, chunks)})
                    tell(len(alone) + len(whole))
    except (ModelUnreadable, NotAMouthModel, DeviceUnusable, NetFailed) as trouble:
        raise BenchmarkFailed(str(trouble)) from trouble
    return {
        "bench": "nets", "device": device.title, "kind": device.kind,
        "frame_gflop": round(frame_flops / 1e9, 3), "device_gflops": round(flops / 1e9, 1),
        "floor_fps": round(flops / frame_flops, 1) if frame_flops else 0.0,
        "size": str(size), "chunks": chunks, "alone": alone, "whole": whole,
    }  # fmt: skip


def _frame_flops(model: Path) -> float:
    net = plain_net(model)
    mel, face = (given[:1] for given in golden_input(net.side_px))
    return model_flops(model, net.named(mel, face))


def _alone(way: Way, golden: Golden, device: Device) -> dict[str, Any]:
    """Return a way's row: `way`, `call_ms` by frames of a call, `fps`, and what it takes."""
    before_bytes = _memory_bytes(device)
    begun_s = perf_counter()
    net = way.opened()
    loaded_s = perf_counter() - begun_s
    golden_db = golden.measure(net)
    sizes = CUDA_SIZES if device.kind == "cuda" else (*(size for size in CUDA_SIZES if size <= CPU_MOST),)
    cpu_s, begun_s = process_time(), perf_counter()
    seconds = {size: _call_s(net, size) for size in sizes}
    cores = (process_time() - cpu_s) / (perf_counter() - begun_s)
    load = device_load(device)
    return {
        "way": way.name, "golden_db": round(min(golden_db, 100.0), 1), "loaded_s": round(loaded_s, 3),
        "call_ms": {size: round(each * 1000, 2) for size, each in seconds.items()},
        "fps": round(max(size / each for size, each in seconds.items()), 1), "cores": round(cores, 2),
        "gpu_share": None if load is None else round(load, 2),
        "memory_mb": round((_memory_bytes(device) - before_bytes) / 1e6),
    }  # fmt: skip


def _call_s(net: Net, size: int) -> float:
    mel, face = (np.repeat(given[:1], size, axis=0) for given in golden_input(net.side_px))
    net.paint(mel, face)
    times_s = []
    for _ in range(TURNS):
        begun_s = perf_counter()
        net.paint(mel, face)
        times_s.append(perf_counter() - begun_s)
    return min(times_s)


def _memory_bytes(device: Device) -> int:
    memory = device_memory(device)
    return int(psutil.Process().memory_info().rss) if memory is None else memory.used_bytes


def _streams(painter: Wav2LipPainter, streams: int, chunks: int) -> dict[str, Any]:
    gate = threading.Lock()
    cpu_s, begun_s = process_time(), perf_counter()
    with ThreadPoolExecutor(streams) as threads:
        firsts_s = list(threads.map(lambda seed: _stream(painter, seed, chunks, gate), range(streams)))
    wall_s, cpu_s = perf_counter() - begun_s, process_time() - cpu_s
    frames = streams * frames_of_chunk(chunks).end
    return {
        "streams": streams, "fps": round(frames / wall_s, 1), "cores": round(cpu_s / wall_s, 2),
        "cores_share": round(cpu_s / wall_s / len(os.sched_getaffinity(0)), 2),
        "first_chunk_p50_ms": round(percentile(firsts_s, 0.5) * 1000, 1),
        "first_chunk_p95_ms": round(percentile(firsts_s, 0.95) * 1000, 1),
    }  # fmt: skip


def _stream(painter: Wav2LipPainter, seed: int, chunks: int, gate: threading.Lock) -> float:
    """Paint and encode a stream; return the seconds after which its first chunk was there."""
    begun_s, first_s = perf_counter(), 0.0
    brush, encoder = painter.start(seed), SegmentEncoder(painter.size)
    frames = frames_of_chunk(chunks).end
    sound = np.random.default_rng(seed).integers(
        -4000, 4000, clock.frames_to_samples(frames) + BEFORE_SAMPLES + AFTER_SAMPLES, dtype=np.int16
    )
    try:
        for number in range(1, chunks + 1):
            span = frames_of_chunk(number)
            mouth = rest(span.count)
            mouth[:, JAW] = np.linspace(0, 0.8, span.count)
            start, end = clock.frames_to_samples(span.first), clock.frames_to_samples(span.end)
            # As if the speech had begun before the stream: no frame's sound is beyond its beginning.
            around = sound[start : end + BEFORE_SAMPLES + AFTER_SAMPLES]
            drive = Drive(span.first, mouth, (Heard(span.first, span.count, start - BEFORE_SAMPLES, around),))
            brush.foresee(drive, float(span.first))
            # As a worker's gate does: one chunk at a time takes the processor.
            with gate:
                encoder.encode(brush.paint(drive), sound[start + BEFORE_SAMPLES : end + BEFORE_SAMPLES])
            first_s = first_s or perf_counter() - begun_s
    finally:
        encoder.close()
    return first_s


def markdown(figures: Mapping[str, Any]) -> str:
    """Return the figures as a page in the form of docs/benchmarks.md."""
    floor = (
        f"{figures['frame_gflop']} GFLOP a frame, and {figures['device_gflops']} GFLOP/s where the device "
        f"multiplies matrices in single precision: {figures['floor_fps']} frames a second"
    )
    alone = [_alone_line(row, floor, figures) for row in figures["alone"]]
    whole = [line for row in figures["whole"] for line in _whole_lines(row, figures)]
    return (
        f"# The network that paints mouths, on {figures['device']}\n\n"
        f"Measured with `avatar bench nets` on {machine.describe()}.\n"
        f"Written by that command, not by hand. Pictures are {figures['size']}, {figures['chunks']} chunks\n"
        "a stream; speech, Redis and the front door are left out. Eight bits and half precision may be\n"
        "faster than the floor, which is single precision's.\n\n" + rows([*alone, *whole])
    )


def _alone_line(row: Mapping[str, Any], floor: str, figures: Mapping[str, Any]) -> Line:
    calls = ", ".join(f"{size}: {each} ms" for size, each in row["call_ms"].items())
    used = f"{row['cores']} cores" + (f", {row['gpu_share']:.0%} of the GPU" if row["gpu_share"] else "")
    return Line(
        figure=f"the network alone, {row['way']}, calls of so many frames",
        measured=f"{row['fps']} frames a second; {calls}; {row['golden_db']} dB to its file, opened in "
        f"{row['loaded_s']} s, {row['memory_mb']} MB, {used}",
        floor=floor, ratio=ratio(figures["floor_fps"], row["fps"], "floor over measured"), aim="-", met=None,
    )  # fmt: skip


def _whole_lines(row: Mapping[str, Any], figures: Mapping[str, Any]) -> list[Line]:
    alone = next(each for each in figures["alone"] if each["way"] == row["way"])
    needed = row["streams"] * clock.FPS
    first_ms = round(frames_of_chunk(1).count * 1000 / alone["fps"], 1)
    return [
        Line(
            figure=f"streams at once, end to end, {row['way']}, as fast as they go: {row['streams']}",
            measured=f"{row['fps']} frames a second, {row['fps'] / clock.FPS:.1f} streams at 25 fps; "
            f"{row['cores']} cores, {row['cores_share']:.0%} of all",
            floor=f"the network alone: {alone['fps']} frames a second",
            ratio=ratio(alone["fps"], row["fps"], "floor over measured"), aim=f"{needed} frames a second",
            met=row["fps"] >= needed,
        ),
        Line(
            figure=f"first chunk of streams that begin at once: {row['streams']}",
            measured=f"p50 {row['first_chunk_p50_ms']} ms, p95 {row['first_chunk_p95_ms']} ms",
            floor=f"its frames at the network's own speed: {first_ms} ms",
            ratio=ratio(row["first_chunk_p50_ms"], first_ms, "p50"), aim="-", met=None,
        ),
    ]  # fmt: skip
