"""What a program sets for its whole process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nst.process import share_cores


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/cpuinfo")
@pytest.mark.parametrize(("flags", "imitated", "wanted"), [
    ("avx2", False, "5000"), ("avx2 avx512_bf16", False, None), ("avx2 amx_bf16", False, None),
    ("avx2 avx512_bf16", True, "5000")])
def test_openmp_waits_a_short_while_where_nnpack_shares_its_cores(
        monkeypatch, flags, imitated, wanted):
    monkeypatch.setattr(os, "environ", {"ONEDNN_MAX_CPU_ISA": "AVX2"} if imitated else {})
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: flags)
    share_cores()
    assert os.environ.get("GOMP_SPINCOUNT") == wanted


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
