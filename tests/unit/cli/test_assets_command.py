"""`avatar assets` lists the manifest and fills the folder from a mirror, or says what is missing."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.unit.workers.torch_files import call, text, write_zip
from workers.assets import read_manifest
from workers.wav2lip_layout import random_weights

NEEDED = [asset for asset in read_manifest() if asset.needed]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty asset folder; no network, and pip configured for no index."""
    monkeypatch.setenv("AVATAR_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("COLUMNS", "200")
    # A proxy that nobody listens at: every address outside fails at once.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return tmp_path / "assets"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["assets", *words])


def test_the_list_says_what_is_here_and_what_is_needed(folder: Path, asset_dir: Path) -> None:
    folder.mkdir()
    (folder / NEEDED[0].file).write_bytes((asset_dir / NEEDED[0].file).read_bytes())
    shown = run("list")
    assert shown.exit_code == 0
    lines = {asset.name: line for asset in read_manifest() for line in shown.output.splitlines()
        if f" {asset.name} " in line}  # fmt: skip
    assert set(lines) == {asset.name for asset in read_manifest()}
    assert [word.strip() for word in lines[NEEDED[0].name].split("│")[2:5]] == ["yes", "yes", "Apache-2.0"]
    assert [word.strip() for word in lines["face-detector-yunet"].split("│")[2:5]] == ["no", "no", "MIT"]


def test_needed_assets_come_from_the_mirror_and_then_are_here(
    folder: Path, asset_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_ASSET_MIRROR", str(asset_dir))
    first, again = run("pull", "--needed"), run("pull", "--needed")
    assert first.exit_code == again.exit_code == 0
    for asset in NEEDED:
        assert f"{asset.name}: fetched from {asset_dir / asset.file}" in first.output
        assert f"{asset.name}: is here" in again.output
        assert (folder / asset.file).stat().st_size == asset.size_bytes


def test_without_a_source_every_one_that_was_tried_is_told(folder: Path) -> None:
    pulled = run("pull", "--needed")
    assert pulled.exit_code == 1
    for asset in NEEDED:
        assert asset.sha256 in pulled.output
        assert all(source.told in pulled.output for source in asset.sources)
    assert "AVATAR_ASSET_MIRROR" in pulled.output


def test_an_asset_that_was_named_must_come_even_if_the_work_goes_on_without_it(folder: Path) -> None:
    assert run("pull", "face-detector-yunet").exit_code == 1


def test_an_unknown_name_is_refused_with_the_known_ones(folder: Path) -> None:
    refused = run("pull", "nose")
    assert refused.exit_code == 1
    assert "known: face-detector, " in refused.output


def test_an_asset_with_terms_shows_them_and_wants_its_licence_accepted(folder: Path) -> None:
    (asset,) = (asset for asset in read_manifest() if asset.terms)
    assert asset.terms in run("list").output
    refused = run("pull", asset.name)
    assert refused.exit_code == 1
    assert f"nothing was fetched; to accept, add --accept {asset.licence}" in refused.output
    # Accepted, it is asked for; here no source can be reached.
    pulled = run("pull", asset.name, "--accept", asset.licence)
    assert pulled.exit_code == 1
    assert all(source.told in pulled.output for source in asset.sources)


def test_a_checkpoint_is_exported_beside_it(folder: Path) -> None:
    assert "`avatar assets pull wav2lip` fetches it" in run("export").output
    (folder / "wav2lip").mkdir(parents=True)
    write_zip(folder / "wav2lip" / "wav2lip_gan.pth", random_weights())
    exported = run("export")
    assert exported.exit_code == 0, exported.output
    assert (folder / "wav2lip" / "wav2lip.onnx").stat().st_size > 145_000_000
    assert "paints what the weights say" in exported.output


def test_a_checkpoint_that_would_run_something_is_refused(folder: Path, tmp_path: Path) -> None:
    body = call("os", "system", b"(" + text("true") + b"t")
    refused = run(
        "export", str(write_zip(tmp_path / "bad.pth", {}, body)), "--out", str(tmp_path / "bad.onnx")
    )
    assert refused.exit_code == 1
    assert "os.system" in refused.output
    assert not (tmp_path / "bad.onnx").exists()
