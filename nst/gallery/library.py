"""All styles together: the catalogue, folders of pictures, data sets of the Hugging Face Hub."""

from __future__ import annotations

import difflib
import functools
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from ..errors import UserError
from .catalogue import catalogue_presets
from .folders import open_folder
from .hf_datasets import open_dataset
from .presets import Preset

__all__ = ["find_preset", "load_presets", "split_weight"]


def load_presets(dirs: Iterable[str | os.PathLike] = ()) -> list[Preset]:
    """Every style: the catalogue's, then those of ``dirs``, then those of NST_STYLES.

    A folder is laid out as <movement>/<file>; ``hf://datasets/OWNER/NAME[@REVISION]`` is one on
    the Hugging Face Hub. NST_STYLES separates several as PATH does. A name that is already
    taken gets a number. Read once per process.

    Raises:
        UserError: a folder is missing or holds no pictures, or the hub cannot be reached.
    """
    return list(_loaded(_sources(dirs)))


def find_preset(name: str, dirs: Iterable[str | os.PathLike] = ()) -> Preset:
    """The style of that name (upper and lower case are the same).

    Raises:
        UserError: there is none; the message suggests similar names.
    """
    by_name = _by_name(_sources(dirs))
    try:
        return by_name[name.casefold()]
    except KeyError:
        raise UserError(_unknown(name, by_name)) from None


def split_weight(text: str) -> tuple[str, float]:
    """``NAME=0.5`` as a style's name and its weight in a blend; 1 where the weight is left out.

    Raises:
        UserError: a weight that is no positive number.
    """
    name, _, number = text.strip().partition("=")
    try:
        weight = float(number or 1)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise UserError(f"The weight in {text[:80]!r} is not a number above 0; give one, as in "
                        f"{name[:60]}=0.5.")
    return name.strip(), weight


def _sources(dirs: Iterable[str | os.PathLike]) -> tuple[str, ...]:
    # Split where PATH would be, but not at the colon in hf://.
    listed = re.split(re.escape(os.pathsep) + "(?!//)", os.environ.get("NST_STYLES", ""))
    return tuple(dict.fromkeys(filter(None, [*(os.fspath(folder) for folder in dirs), *listed])))


@functools.lru_cache(maxsize=8)
def _loaded(sources: tuple[str, ...]) -> tuple[Preset, ...]:
    opened = [open_dataset(source) if source.startswith("hf://") else open_folder(source)
              for source in sources]
    return tuple(_with_unique_names(itertools.chain(catalogue_presets(), *opened)))


def _with_unique_names(presets: Iterable[Preset]) -> Iterator[Preset]:
    """The presets; the second of the name ``x`` becomes ``x-2``, the third ``x-3``."""
    count: dict[str, int] = {}  # how many presets wanted each name
    for preset in presets:
        wanted = preset.name
        name = wanted
        while name.casefold() in count:
            count[wanted.casefold()] += 1
            name = f"{wanted}-{count[wanted.casefold()]}"
        count[name.casefold()] = 1
        yield preset if name == wanted else preset.renamed(name)


@functools.lru_cache(maxsize=8)
def _by_name(sources: tuple[str, ...]) -> dict[str, Preset]:
    return {preset.name.casefold(): preset for preset in _loaded(sources)}


def _unknown(name: str, by_name: Mapping[str, Preset]) -> str:
    wanted, names = name.casefold()[:100], list(by_name)
    words = [word for word in re.split(r"[\W_]+", wanted) if len(word) > 2]
    # Names that contain one of the words, as claude-monet_water-lilies contains monet. Among very
    # many names only these are compared letter by letter, which takes 20 us each.
    containing = [n for n in names if any(word in n for word in words)]
    containing.sort(key=lambda n: (-sum(word in n for word in words), len(n)))
    similar = difflib.get_close_matches(
        wanted, names if len(names) <= 2000 else containing[:2000], 3)
    suggested = [by_name[n].name for n in dict.fromkeys([*similar, *containing])][:3]
    quoted = repr(name if len(name) <= 60 else name[:57] + "...")
    if not suggested:
        return f"There is no style {quoted}; list them with: python -m nst styles."
    return f"There is no style {quoted}; did you mean {' or '.join(suggested)}?"
