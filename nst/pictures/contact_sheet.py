"""Contact sheets: many pictures with labels on one page."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from PIL import Image, ImageDraw, ImageFont

from ..errors import UserError
from ..geometry import fit_size
from .reading import MAX_PIXELS
from .writing import save_png

__all__ = ["BACKGROUND", "Cell", "captioned", "contact_sheet", "in_rows"]

Cell = tuple[Image.Image | None, str]
Item = TypeVar("Item")

# sRGB. The background is so light that the white of a picture does not look grey beside it.
BACKGROUND, DARK, GREY = (244, 242, 238), (38, 36, 34), (122, 117, 110)


def contact_sheet(rows: Sequence[Sequence[Cell]], path: str | os.PathLike[str] | None = None, *,
                  cell: int = 256, title: str = "", headings: Sequence[str] | None = None,
                  left: Image.Image | None = None) -> Image.Image:
    """Pictures in rows, each scaled into a square and labelled below; saved as PNG at ``path``.

    Args:
        rows: (picture or None, label) from left to right; rows may differ in length. A label
            has up to two lines, the first dark, the second grey and smaller; each is wrapped
            where it is too long, and only a word that is wider than the square is cut.
        cell: side of the square that every picture is scaled into, in pixels, 48 to 2048.
        title: a line above everything.
        headings: one line for each row, set above it where it is not empty.
        left: a picture at the left of everything, as high as all rows together.

    Raises:
        UserError: a sheet of more than MAX_PIXELS, or ``path`` cannot be written.
    """
    if not 48 <= cell <= 2048:
        raise UserError(f"cell is {cell}; give a number of pixels from 48 to 2048.")
    page = _Page(rows, cell, title, headings or [""] * len(rows))
    sheet = page.draw()
    if left is not None:
        sheet = page.beside(left, sheet)
    if path is not None:
        save_png(sheet, path)
    return sheet


def in_rows(cells: Sequence[Item], columns: int) -> list[list[Item]]:
    """The cells in rows of ``columns``; the last row may be shorter."""
    return [list(cells[start:start + columns]) for start in range(0, len(cells), columns)]


def captioned(picture: Image.Image, text: str) -> Image.Image:
    """An RGB picture with a line of text below it, of more lines where it is long."""
    font = _font(max(10, picture.width / 26))
    gap = round(picture.width / 32)
    lines = [(line, font, DARK) for line in _wrapped(text, font, picture.width - 2 * gap)]
    sheet = Image.new("RGB", (picture.width, picture.height + 2 * gap
                              + _line_height(font) * len(lines)), BACKGROUND)
    sheet.paste(picture, (0, 0))
    _write(ImageDraw.Draw(sheet), gap, picture.height + gap, lines)
    return sheet


class _Page:
    """The layout: every label is wrapped and measured before anything is drawn."""

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
        # A row is as high as its highest picture, not as its square cells.
        self.heights = [max((fit_size(picture.size, cell)[1] for picture, _ in row if picture),
                            default=cell) for row in rows]

    def draw(self) -> Image.Image:
        height = self._layout(None)
        if self.width * height > MAX_PIXELS:
            raise UserError(f"The sheet would have {self.width} x {height} pixels; choose smaller "
                            "cells or fewer pictures.")
        sheet = Image.new("RGB", (self.width, height), BACKGROUND)
        self._layout(sheet)
        return sheet

    def beside(self, left: Image.Image, sheet: Image.Image) -> Image.Image:
        """The drawn sheet with another picture at its left."""
        high = sheet.height - 2 * self.margin
        left = left.convert("RGB").resize(
            (max(1, round(high * left.width / left.height)), high), Image.Resampling.LANCZOS)
        x = self.gap + left.width  # where the sheet begins, with its own margin
        both = Image.new("RGB", (x + sheet.width, sheet.height), BACKGROUND)
        both.paste(sheet, (x, 0))
        both.paste(left, (self.margin, self.margin))
        return both

    def _layout(self, sheet: Image.Image | None) -> int:
        """Draw onto ``sheet`` (None: only measure); returns the height of the page in pixels."""
        pen = ImageDraw.Draw(sheet) if sheet else None
        y = self.margin
        if self.title:
            y = _write(pen, self.margin, y, [(line, self.big, DARK) for line in self.title])
            y += self.gap
        for row, labels, heading, height in zip(
                self.rows, self.labels, self.headings, self.heights, strict=True):
            if heading:
                y = _write(pen, self.margin, y, [(line, self.head, DARK) for line in heading])
                y += self.gap // 2
            bottom = y + height
            end = bottom
            for column, ((picture, _), label) in enumerate(zip(row, labels, strict=True)):
                x = self.margin + column * (self.cell + self.gap)
                if sheet and picture:
                    # At the bottom of its cell, so that the labels of a row are level.
                    small = picture.convert("RGB").resize(
                        fit_size(picture.size, self.cell), Image.Resampling.LANCZOS)
                    sheet.paste(small, (x, bottom - small.height))
                end = max(end, _write(pen, x, bottom + self.gap // 3, label))
            y = end + self.gap
        return y - self.gap + self.margin

    def _label(self, label: str) -> list[tuple]:
        lines = label.split("\n", 1)
        return [(text, font, colour)
                for line, font, colour in zip(lines, (self.font, self.small), (DARK, GREY),
                                              strict=False)
                for text in _wrapped(line, font, self.cell)]


def _write(pen: ImageDraw.ImageDraw | None, x: int, y: int, lines: Sequence[tuple]) -> int:
    """Write lines from ``y`` downwards (pen None: only measure); returns the next line's y."""
    for text, font, colour in lines:
        if pen:
            _draw_text(pen, x, y, text, font, colour)
        y += _line_height(font)
    return y


# Pillow's own font has only the letters of English. An accent is drawn as a sign that it has (the
# second value is that sign's size relative to the text).
_ACCENTS = {"\u0300": ("`", 1), "\u0301": ("´", 1), "\u0302": ("^", 0.6), "\u0303": ("~", 0.65),
            "\u0308": ("..", 0.8), "\u030a": ("°", 0.8)}
_SPELLED = str.maketrans({"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O",
                          "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "–": "-", "—": "-"})
_KNOWN = frozenset(map(chr, range(32, 127))) | set("©«°±´·»‘’“”…‹›")


def _spelled(text: str) -> str:
    """The text in characters that the font has; accents follow their letters, as U+0300 etc."""
    marked = unicodedata.normalize("NFKD", text.replace("…", "\0").translate(_SPELLED))
    return "".join(
        c if c in _KNOWN or c in _ACCENTS else "" if unicodedata.combining(c) else "?"
        for c in marked.replace("\0", "…"))


def _draw_text(pen: ImageDraw.ImageDraw, x: int, y: int, text: str, font: ImageFont.FreeTypeFont,
               colour: tuple[int, int, int]) -> None:
    """Draws what _spelled() returned, each accent above its letter."""
    plain = ""
    for c in text:
        if c not in _ACCENTS:
            plain += c
        elif plain:
            mark, scale = _ACCENTS[c]
            small = _font(font.size * scale)
            left, top, right, bottom = _bounds(mark, small)
            base_left, base_top, base_right, _ = _bounds(plain[-1], font)
            shift = font.getlength(plain[:-1]) + (base_left + base_right - left - right) / 2
            pen.text((x + shift, y + base_top - bottom - font.size / 14), mark, font=small,
                     fill=colour)
    pen.text((x, y), plain, font=font, fill=colour)


def _bounds(text: str, font: ImageFont.FreeTypeFont) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of the pixels that are drawn, for text at (0, 0)."""
    # font.getbbox() extends to the baseline; the mask's box does not.
    left, top, right, bottom = font.getmask(text).getbbox() or (0, 0, 0, 0)
    offset = font.getbbox(text)
    return offset[0] + left, offset[1] + top, offset[0] + right, offset[1] + bottom


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int,
             most: float = math.inf) -> list[str]:
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


def _line_height(font: ImageFont.FreeTypeFont) -> int:
    ascent, descent = font.getmetrics()
    return round((ascent + descent) * 1.15)


def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)  # Pillow's own: the same on every machine
    assert isinstance(font, ImageFont.FreeTypeFont)  # it is wherever Pillow has FreeType
    return font
