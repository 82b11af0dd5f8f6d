"""What the page calls each setting, beside its control and among a result's details."""

from __future__ import annotations

__all__ = ["label"]

# Where a setting's own name is no word of everyday speech.
_LABELS = {"init": "Start from", "seed": "Chance", "tv_weight": "TV weight"}


def label(name: str) -> str:
    """A setting's name as a person reads it, in English; language.js says it in others."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())
