"""Where the style pictures and the example portraits are, and how their catalogues are read.

A mistake in a catalogue is a UserError that names the entry and the field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError

__all__ = ["EXAMPLES", "STYLES", "Entry", "find_folder", "read_catalogue"]

_PACKAGE = Path(__file__).resolve().parent.parent
_SENTENCE = 30, 200  # characters: shorter describes nothing, longer is tiresome to have read out


def find_folder(name: str, package: Path = _PACKAGE) -> Path:
    """The folder of that name: top level of the repository, or nst/_data after pip install."""
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name


STYLES = find_folder("styles")
EXAMPLES = find_folder("examples")


def read_catalogue(folder: Path, *keys: str) -> dict[str, Any]:
    """The contents of ``folder``/catalog.toml; under each of the ``keys`` there are tables.

    Raises:
        UserError: there is no such file, it is no TOML, or there are no tables under a key.
    """
    name = f"{folder.name}/catalog.toml"
    try:
        tables = tomllib.loads((folder / "catalog.toml").read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}); put it back, or install nst "
                        "again.") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise UserError(f"{name} is no TOML ({error}); mend it.") from None
    for key in keys:
        of_key = tables.get(key)
        rows = of_key.values() if isinstance(of_key, dict) else of_key
        if not isinstance(rows, Collection) or not rows or not all(
                isinstance(row, dict) for row in rows):
            raise UserError(f"{name} has no tables under {key}; add them, or put the file back.")
    return tables


@dataclass(frozen=True)
class Entry:
    """One entry of a catalogue; its fields are checked when they are asked for.

    Attributes:
        fields: as they stand in the file.
        named: how an error begins, as in "The style munch-the-scream in styles/catalog.toml".
    """

    fields: Mapping[str, Any]
    named: str

    def text(self, field: str) -> str:
        """A text that is not empty; raises UserError."""
        value = self._value(field)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(field, "a text in quotes")
        return value

    def sentence(self, field: str) -> str:
        """A sentence for people; raises UserError."""
        low, high = _SENTENCE
        text = self.text(field)
        if not (low <= len(text) <= high and text.endswith(".")):
            raise self.wrong(field, f"a sentence of {low} to {high} characters with a full stop")
        return text

    def year(self, field: str, before: int) -> int:
        """A whole number under ``before``; raises UserError."""
        value = self._value(field)
        if type(value) is not int or value >= before:
            raise self.wrong(field, f"a year before {before}")
        return value

    def only(self, *known: str) -> None:
        """Raise UserError for a field of another name: it may be one of these, misspelt."""
        for field in self.fields:
            if field not in known:
                raise UserError(f"{self.named} has the unknown field {field!r}; its fields are "
                                f"{', '.join(known)}.")

    def wrong(self, field: str, wanted: str) -> UserError:
        """The error of a field that should be ``wanted``."""
        shown = repr(self.fields.get(field))
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return UserError(f"{self.named} has {shown} as its {field}; give {wanted}.")

    def _value(self, field: str) -> Any:
        if field not in self.fields:
            raise UserError(f"{self.named} has no {field}; add it.")
        return self.fields[field]
