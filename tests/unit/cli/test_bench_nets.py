"""What the bench of networks measures, with the tiny model."""

from pathlib import Path

import pytest

from cli.bench.nets import chosen_device, markdown, nets, steps
from cli.bench.together import BenchmarkFailed
from lipsync.engines.contract import Size
from workers.device import CPU
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / MODEL).parent.mkdir(parents=True)
    (tmp_path / MODEL).write_bytes(write_tiny(96))
    return tmp_path


def test_every_way_is_measured_alone_and_the_fastest_end_to_end(assets: Path) -> None:
    told: list[int] = []
    found = nets(assets, CPU, 2, (1, 2), told.append, size=Size(256, 256), floor_flops=lambda _: 5e9)
    assert told == list(range(1, steps(assets, CPU, (1, 2)) + 1))
    assert (found["device"], found["device_gflops"]) == ("the processor", 5.0)
    assert "onnxruntime-single" in [row["way"] for row in found["alone"]]
    for row in found["alone"]:
        assert (sorted(row["call_ms"]), row["golden_db"]) == ([1, 2, 4, 8], 100.0)
        assert min(row["fps"], *row["call_ms"].values()) > 0
    assert [row["streams"] for row in found["whole"]] == [1, 2]
    for row in found["whole"]:
        assert row["way"] in {each["way"] for each in found["alone"]}
        assert min(row["fps"], row["first_chunk_p50_ms"], row["cores"]) > 0
    page = markdown(found)
    assert page.startswith("# The network that paints mouths, on the processor\n")
    assert "| figure | measured | floor | ratio | aim | met |" in page
    assert page.count("streams at once, end to end") == 2


def test_without_a_model_the_bench_says_where_one_belongs(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkFailed, match=r"wav2lip\.md"):
        nets(tmp_path, CPU, 1, (1,))


def test_a_gpu_that_is_not_there_is_not_measured_as_a_processor() -> None:
    assert chosen_device("") == CPU
    with pytest.raises(BenchmarkFailed, match="GPU 7"):
        chosen_device("7")
