"""Which files are clips; all others are refused in one sentence."""

from __future__ import annotations

from tests.unit.pictures.clip_checks import refused


def test_what_is_no_clip(tmp_path):
    def file(name, data=b""):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert "no clip" in refused(tmp_path / "none.mp4")
    assert "not a clip" in refused(file("text.mp4", b"To whom it may concern"))
    assert "not a clip" in refused(file("empty.mp4"))
    # A playlist is not followed: it would open other files.
    assert "not a clip" in refused(file("list.mp4", b"#EXTM3U\n/etc/passwd\n"))
