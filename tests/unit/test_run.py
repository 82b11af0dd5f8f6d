"""A picture that starts again, because its machine died: nothing of the first try stays."""

from __future__ import annotations

import av
import pytest
from PIL import Image

from nst import Frame, Settings
from nst.run import NamedStyle, Pause, Request, Run

DIED = Pause("The machine died.")


def frame(step: int, colour: str, finished: bool = False) -> Frame:
    return Frame(Image.new("RGB", (128, 128), colour), step, 4, 128,
                 {"style": step / 10, "total": 1.0}, float(step), 0.0, finished)


FIRST, SECOND = [frame(1, "red"), frame(3, "red")], [
    frame(1, "blue"), frame(2, "blue"), frame(4, "blue", finished=True)]


@pytest.fixture
def run(tmp_path):
    style = NamedStyle("s", Image.new("RGB", (64, 64)))
    request = Request(Image.new("RGB", (128, 128)), (style,), Settings(size=128))
    return lambda items, **more: Run(request, engine=lambda *_, **__: iter_closing(items), **more)


def iter_closing(items):
    yield from items


def test_losses_and_film_are_those_of_the_last_try(run, tmp_path):
    with run([*FIRST, DIED, DIED, *SECOND], film=tmp_path / "a.mp4") as painted:
        seen = list(painted.frames())
        painted.save(tmp_path / "a.png")
    assert seen.count(DIED) == 2
    assert [losses.step for losses in painted.losses] == [1, 2, 4]
    assert painted.finished and not painted.film_error
    with av.open(str(tmp_path / "a.mp4")) as film:
        reds = [picture.to_ndarray(format="rgb24")[..., 0].mean()
                for picture in film.decode(video=0)]
    assert len(reds) > 100 and max(reds) < 30
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", "a.png"]


def test_stop_while_it_waits_keeps_what_was_painted(run, tmp_path):
    with run([*FIRST, DIED, *SECOND], film=tmp_path / "a.mp4") as painted:
        for item in painted.frames():
            if item == DIED:
                painted.stop()
        painted.save(tmp_path / "a.png")
    assert painted.frame == FIRST[-1] and [one.step for one in painted.losses] == [1, 3]
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.getpixel((9, 9)) == (255, 0, 0)
    assert (tmp_path / "a.mp4").exists()


def test_the_limit_counts_from_the_last_try(run):
    with run([*FIRST, DIED, *SECOND], max_seconds=3.5) as painted:
        list(painted.frames())
    assert [one.step for one in painted.losses] == [1, 2, 4]


def test_a_pause_before_the_first_frame_is_no_second_try(run):
    with run([DIED, *SECOND]) as painted:
        assert painted.frame is None
        assert list(painted.frames()) == [DIED, *SECOND]
    assert painted.seconds < 60
