"""What the page calls each setting and its choices: its control, and a result's details."""

from __future__ import annotations

__all__ = ["choice", "label"]

# Where a setting's own name is no word of everyday speech.
_LABELS = {"init": "Start from", "seed": "Variation", "tv_weight": "TV weight"}


def label(name: str) -> str:
    """A setting's name as a person reads it, in English; language.js says it in others."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def choice(value: str) -> str:
    """One of a setting's choices in the same way."""
    return "brightness only" if value == "luminance" else value
