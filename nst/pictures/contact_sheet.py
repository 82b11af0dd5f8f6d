"""Labelled contact sheets: many pictures on one quiet page."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFont

from ..errors import UserError
from ..geometry import fit_size
from .reading import MAX_PIXELS
from .writing import save_png

__all__ = ["Cell", "contact_sheet", "in_rows"]

Cell = tuple[Image.Image | None, str]
Item = TypeVar("Item")

# A wall's warm grey, so light that no picture's white looks dirty on it.
GROUND, INK, FAINT = (244, 242, 238), (38, 36, 34), (122, 117, 110)


def contact_sheet(rows: Sequence[Sequence[Cell]], path: str | os.PathLike[str] | None = None, *,
                  cell: int = 256, title: str = "",
                  headings: Sequence[str] | None = None) -> Image.Image:
    """Pictures in rows, each scaled into a square and labelled below; saved as PNG at ``path``.

    Args:
        rows: (picture or None, label) from left to right; rows may differ in length. Of a
            label's lines the first is set in ink and the second in grey; a line that is too
            long is wrapped once, then cut with an ellipsis.
        cell: side of the square that every picture is scaled into, in pixels, 48 to 2048.
        title: a line above everything.
        headings: one line for each row, set above it where it is not empty.

    Raises:
        UserError: a sheet of more than MAX_PIXELS, or ``path`` cannot be written.
    """
    if not 48 <= cell <= 2048:
        raise UserError(f"cell is {cell}; give a number of pixels from 48 to 2048.")
    page = _Page(rows, cell, title, headings or [""] * len(rows))
    sheet = page.draw()
    if path is not None:
        save_png(sheet, path)
    return sheet


def in_rows(cells: Sequence[Item], columns: int) -> list[list[Item]]:
    """The cells in rows of ``columns``."""
    return [list(cells[start:start + columns]) for start in range(0, len(cells), columns)]


class _Page:
    """Measures before it draws, so that no label ever runs into its neighbours."""

    def __init__(self, rows, cell, title, headings):
        self.rows, self.cell = rows, cell
        self.gap = max(12, cell // 9)
        self.margin = 2 * self.gap
        size = max(11, round(cell / 17))
        self.font, self.small = _font(size), _font(max(10, round(size * 0.88)))
        self.head, self.big = _font(round(size * 1.25)), _font(round(size * 1.9))
        self.columns = max((len(row) for row in rows), default=1)
        self.width = 2 * self.margin + self.columns * (cell + self.gap) - self.gap
        inside = self.width - 2 * self.margin
        self.title = _wrapped(title, self.big, inside)
        self.headings = [_wrapped(heading, self.head, inside, most=1) for heading in headings]
        self.labels = [[self._label(label) for _, label in row] for row in rows]
        # A row is as high as its pictures: landscapes alone leave no holes.
        self.heights = [max((fit_size(picture.size, cell)[1] for picture, _ in row if picture),
                            default=cell) for row in rows]

    def draw(self) -> Image.Image:
        height = self._lay(None)
        if self.width * height > MAX_PIXELS:
            raise UserError(f"The sheet would have {self.width} x {height} pixels; choose smaller "
                            "cells or fewer pictures.")
        sheet = Image.new("RGB", (self.width, height), GROUND)
        self._lay(sheet)
        return sheet

    def _lay(self, sheet: Image.Image | None) -> int:
        """Draws onto ``sheet``; returns the height that it takes."""
        pen = ImageDraw.Draw(sheet) if sheet else None
        y = self.margin
        if self.title:
            y = _write(pen, self.margin, y, [(line, self.big, INK) for line in self.title])
            y += self.gap
        for row, labels, heading, height in zip(
                self.rows, self.labels, self.headings, self.heights, strict=True):
            if heading:
                y = _write(pen, self.margin, y, [(line, self.head, INK) for line in heading])
                y += self.gap // 2
            bottom = y + height
            end = bottom
            for column, ((picture, _), label) in enumerate(zip(row, labels, strict=True)):
                x = self.margin + column * (self.cell + self.gap)
                if sheet and picture:
                    # Standing on one line, as on a rail, so that labels line up.
                    small = picture.convert("RGB").resize(
                        fit_size(picture.size, self.cell), Image.Resampling.LANCZOS)
                    sheet.paste(small, (x, bottom - small.height))
                end = max(end, _write(pen, x, bottom + self.gap // 3, label))
            y = end + self.gap
        return y - self.gap + self.margin

    def _label(self, label: str) -> list[tuple]:
        lines = label.split("\n", 1)
        return [(text, font, colour)
                for line, font, colour in zip(lines, (self.font, self.small), (INK, FAINT),
                                              strict=False)
                for text in _wrapped(line, font, self.cell)]


def _write(pen: ImageDraw.ImageDraw | None, x: int, y: int, lines: Sequence[tuple]) -> int:
    """Writes lines downwards from ``y``; returns where the next would begin."""
    for text, font, colour in lines:
        if pen:
            _letter(pen, x, y, text, font, colour)
        y += _leading(font)
    return y


# Pillow's own font has the letters of English alone. Accents are set from signs that it has,
# at a size at which they look like accents.
_ACCENTS = {"\u0300": ("`", 1), "\u0301": ("´", 1), "\u0302": ("^", 0.6), "\u0303": ("~", 0.65),
            "\u0308": ("..", 0.8), "\u030a": ("°", 0.8)}
_SPELLED = str.maketrans({"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O",
                          "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "–": "-", "—": "-"})
_KNOWN = frozenset(map(chr, range(32, 127))) | set("©«°±´·»‘’“”…‹›")


def _spelled(text: str) -> str:
    """The text in characters that the font has, accents behind their letters."""
    marked = unicodedata.normalize("NFKD", text.replace("…", "\0").translate(_SPELLED))
    return "".join(
        c if c in _KNOWN or c in _ACCENTS else "" if unicodedata.combining(c) else "?"
        for c in marked.replace("\0", "…"))


def _letter(pen: ImageDraw.ImageDraw, x: int, y: int, text: str, font, colour) -> None:
    plain = ""
    for c in text:
        if c not in _ACCENTS:
            plain += c
        elif plain:
            mark, scale = _ACCENTS[c]
            small = _font(font.size * scale)
            left, top, right, bottom = _ink(mark, small)
            base_left, base_top, base_right, _ = _ink(plain[-1], font)
            aside = font.getlength(plain[:-1]) + (base_left + base_right - left - right) / 2
            pen.text((x + aside, y + base_top - bottom - font.size / 14), mark, font=small,
                     fill=colour)
    pen.text((x, y), plain, font=font, fill=colour)


def _ink(text: str, font: ImageFont.FreeTypeFont) -> tuple[float, float, float, float]:
    # getbbox reaches down to the baseline; the mask is the ink alone.
    left, top, right, bottom = font.getmask(text).getbbox() or (0, 0, 0, 0)
    offset = font.getbbox(text)
    return offset[0] + left, offset[1] + top, offset[0] + right, offset[1] + bottom


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int, most: int = 2) -> list[str]:
    """At most ``most`` lines no wider than ``width``; what does not fit ends in an ellipsis."""
    lines: list[str] = []
    words = _spelled(text).split()
    while words and len(lines) < most:
        count = len(words) if len(lines) == most - 1 else max(
            1, sum(_length(" ".join(words[:n]), font) <= width for n in range(1, len(words) + 1)))
        line, words = " ".join(words[:count]), words[count:]
        while _length(line, font) > width and len(line) > 1:
            line = line.rstrip("…")[:-1].rstrip() + "…"
        lines.append(line)
    return lines


def _length(text: str, font: ImageFont.FreeTypeFont) -> float:
    return font.getlength("".join(c for c in text if c not in _ACCENTS))


def _leading(font: ImageFont.FreeTypeFont) -> int:
    ascent, descent = font.getmetrics()
    return round((ascent + descent) * 1.15)


def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)  # Pillow's own: the same on every machine
    assert isinstance(font, ImageFont.FreeTypeFont)  # it is wherever Pillow has FreeType
    return font
