"""What the bench of painted mouths measures, with a small model."""

from pathlib import Path

from cli.bench.painting import painting
from lipsync.engines.contract import Size
from workers.nets import MODEL
from workers.tiny_wav2lip import write_tiny


def test_every_stage_of_a_painted_mouth_is_measured(tmp_path: Path) -> None:
    (tmp_path / MODEL).parent.mkdir()
    (tmp_path / MODEL).write_bytes(write_tiny(192))
    told: list[int] = []
    figures = painting(2, tmp_path, told.append, Size(256, 256))
    assert told == [0, 0, 1, 2]
    assert (figures["side_px"], figures["model"], figures["size"]) == (192, "asset folder", "256x256")
    stages = {name: figures[f"{name}_ms"] for name in ("mel", "under", "finish", "lay")}
    assert min(*stages.values(), figures["net_ms"]) > 0
    assert figures["all_but_net_ms"] == round(sum(stages.values()), 2)
