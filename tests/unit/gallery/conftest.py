"""A cache of its own for every test, and no folders from the environment."""

from __future__ import annotations

import pytest

from nst.gallery.library import _loaded


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NST_STYLES", raising=False)
    _loaded.cache_clear()
