"""The page's own script: a file for each part of the page, joined so that one request brings all.

A browser runs it once when the page has loaded. It does what only a browser can do: the camera,
sending photos, sharing, the focus, and the labels and arrow keys that Gradio leaves out. Everything
else happens in Python.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["PARTS", "page_script"]

_HERE = Path(__file__).resolve().parent

PARTS = ("page", "toasts", "photo", "arriving", "camera", "filming", "cut", "style", "previews",
         "wall", "loop", "films", "cover", "gifts", "visit", "sliders", "keyboard", "focus")


def page_script() -> str:
    """shared.js, then each of PARTS as a block, so that a part's names are its own."""
    shared, *parts = ((_HERE / f"{name}.js").read_text("utf-8") for name in ("shared", *PARTS))
    return shared + "".join(f"\n{{\n{part}}}\n" for part in parts)
