"""Styles from a data set on the Hugging Face Hub: listed at once, fetched picture by picture."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from ..errors import UserError
from ..hub import HubError, NotOnHub, ask, fetch
from ..pictures.writing import writing
from .catalogue import movement_named
from .filenames import is_picture
from .folders import FilePreset, Folder
from .presets import Preset
from .thumbnails import cache_dir

__all__ = ["DatasetFolder", "open_dataset"]

# Larger files are left out: they are hardly meant as styles.
_MAX_BYTES = 100_000_000

_ADDRESS = re.compile(
    r"hf://datasets/(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>refs/[\w-]+/[\w.-]+|[\w.-]+))?"
    r"(?:/(?P<movement>[^/]+))?/?", re.ASCII)

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class DatasetFolder(Folder):
    """A folder of a data set; ``path`` is its path in there, ``commit`` the data set's version."""

    repo: str
    commit: str

    def local_file(self, filename: str) -> Path:
        """The picture in huggingface_hub's cache, fetched when it is not there yet."""
        file = (self.path / filename).as_posix()
        try:
            return fetch(self.repo, file, self.commit, repo_type="dataset")
        except HubError as error:
            raise _user_error(self.repo, error) from error

    def version(self, filename: str) -> str:
        return f"hf://datasets/{self.repo}@{self.commit}/{self.path / filename}"


def open_dataset(address: str) -> list[Preset]:
    """The styles of ``hf://datasets/OWNER/NAME[@REVISION][/MOVEMENT]``.

    A revision (branch, tag or commit) pins them; without one the newest version is taken, or
    the last one seen where the hub cannot be reached. A movement's name lists that folder
    alone. No picture is fetched before it is opened.

    Raises:
        UserError: an address of another form, no such dataset, revision or movement, or no
            answer within ten seconds.
    """
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise UserError(f"{address!r} is no address of a dataset; write "
                        "hf://datasets/OWNER/NAME, with @REVISION behind it to pin a version.")
    repo, revision, wanted = match.group("repo", "revision", "movement")
    key = hashlib.sha256(address.encode()).hexdigest()[:32]
    kept = cache_dir() / "hub" / f"{key}.json"
    try:
        listing = _listing(repo, revision, wanted, kept)
    except _NoAnswer:
        if not kept.exists():
            raise
        listing = json.loads(kept.read_text())
        log.warning("the hub does not answer; %s as of %s", address, listing["commit"][:12])
    presets: list[Preset] = []
    for folder, files in itertools.groupby(listing["files"], key=lambda pair: pair[0]):
        shared = DatasetFolder(*movement_named(folder), PurePosixPath(folder),
                               f"Hugging Face dataset {repo}", repo, listing["commit"])
        presets += [FilePreset(name, shared) for _, name in files]
    if not presets:
        raise UserError(f"The dataset {repo} holds no folders of pictures; choose one laid out "
                        "as movement/picture.jpg.")
    return presets


class _NoAnswer(UserError):
    """The hub could not be asked, so that an earlier listing may be used."""


def _listing(repo: str, revision: str | None, wanted: str | None, kept: Path) -> dict[str, Any]:
    """The commit and the sorted (folder, file) pairs, kept in the file ``kept``.

    The hub is asked for the pairs once for each commit.
    """
    from huggingface_hub import HfApi  # takes a while to import, and only these styles need it

    api = HfApi()
    before = json.loads(kept.read_text()) if kept.exists() else {"commit": ""}
    if before["commit"] == revision:  # a commit never changes
        return before
    commit = _ask(lambda: api.dataset_info(repo, revision=revision).sha, repo)
    if before["commit"] == commit:
        return before

    def tree(folder: str | None, recursive: bool) -> list:
        entries = api.list_repo_tree(repo, folder, recursive=recursive, revision=commit,
                                     repo_type="dataset")
        # 1000 entries (a page of the hub's) at a time: ask() limits the seconds of each request,
        # not of a long listing.
        pages = iter(lambda: _ask(lambda: list(itertools.islice(entries, 1000)), repo), [])
        return list(itertools.chain.from_iterable(pages))

    folder = _folder_named(wanted, [e.path for e in tree(None, False)], repo) if wanted else None
    pairs = (entry.path.split("/") for entry in tree(folder, not wanted)
             if getattr(entry, "size", _MAX_BYTES) < _MAX_BYTES)
    files = sorted(pair for pair in pairs
                   if len(pair) == 2 and ".." not in pair and is_picture(pair[1]))
    listing = {"commit": commit, "files": files}
    kept.parent.mkdir(parents=True, exist_ok=True)
    with writing(kept) as part:
        part.write_text(json.dumps(listing))
    return listing


def _folder_named(wanted: str, paths: list[str], repo: str) -> str:
    names = {movement_named(path)[0].casefold(): path for path in paths}
    name = movement_named(wanted)[0].casefold()
    if name not in names:
        near = difflib.get_close_matches(name, names, 1) or sorted(names)[:1]
        hint = f"; did you mean {names[near[0]]}?" if near else "."
        raise UserError(f"The dataset {repo} has no movement {wanted!r}{hint}")
    return names[name]


def _ask(request: Callable[[], T], repo: str) -> T:
    try:
        return ask(request)
    except HubError as error:
        raise _user_error(repo, error) from error


def _user_error(repo: str, error: HubError) -> UserError:
    if isinstance(error, NotOnHub):
        return UserError(f"The dataset {repo} cannot be used because {error}; check its address.")
    return _NoAnswer(f"The hub does not answer for {repo} ({error}); check the network, or use a "
                     "folder on this machine.")
