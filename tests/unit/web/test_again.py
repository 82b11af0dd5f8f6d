"""On from a result: at twice its size with the same settings, softer or stronger."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nst import Frame, Settings, UserError
from nst.engine.time_left import work
from nst.pictures.metadata import recall
from nst.web.job import Result
from nst.web.limits import Limits
from nst.web.paint import MARGIN, changed_strength, next_larger
from nst.web.service import Service
from nst.web.wall import Painted

from .conftest import VISITOR, Studio


@pytest.fixture
def asked() -> list[dict]:
    """What the engine was given, request by request."""
    return []


@pytest.fixture
def studio(asked, folder) -> Studio:
    def frames(photo, styles, settings, **more):
        asked.append(dict(settings=settings, styles=styles) | more)
        for step in (1, 2):
            yield Frame(Image.new("RGB", (64, settings.size)), step, 2, settings.size,
                        dict(content=0.5, total=0.5), step * 1.0, 2.0 - step, finished=step == 2)

    return Studio(Service([], Limits(size=512), folder, frames))


@pytest.fixture
def result(studio, upload) -> Painted:
    """A blend of an own style and a preset on a masked photo at 128 px."""
    started = studio.begin(
        photo=upload, own=upload, chosen=0, second=studio.service.number["munch-the-scream"],
        blend=0.25, mask=Image.new("L", (64, 64), 255), size=128, strength=0.8, region="subject")
    return studio.painted(started.job).shown


@pytest.fixture
def enlarge(studio):
    """Larger was pressed with that result on the wall; what is seen then."""
    return lambda shown: studio.seen(studio.again.enlarge(VISITOR, shown, ""))


def test_enlarging_goes_on_from_the_result_with_all_its_settings(studio, result, enlarge, asked):
    assert studio.again.next(result).size == 256
    larger = studio.painted(enlarge(result).job).shown
    before, after = asked
    assert after["start"].size == (128, 128) and "start" not in before
    assert after["settings"].size == 256 and after["settings"].strength == 0.8
    assert [weight for _, weight in after["styles"]] == [0.75, 0.25]
    assert after["mask"].tobytes() == before["mask"].tobytes()
    assert larger.result.png.name == "selfie-selfie-munch-the-scream-256.png"
    assert larger.result.png.parent != result.result.png.parent and result.result.png.exists()
    assert larger.caption == "256 px · selfie.jpg" and studio.again.next(larger).size == 512
    with Image.open(larger.result.png) as picture:
        assert picture.size == (256, 256)
        assert picture.info["Comment"] == "Enlarged from 128 pixels."
    record = recall(larger.result.png)
    assert record.settings.size == 256 and record.mask


def test_a_result_that_was_stopped_or_deleted_is_not_enlarged(studio, result, enlarge):
    def told(shown) -> str:
        refused = enlarge(shown)
        assert refused.job is None
        return refused.notice.value

    result.result.mask.unlink()
    assert "has been deleted" in told(result)
    assert "to the end first" in told(None)
    job = studio.begin(photo={"path": str(result.photo)}, chosen=0, size=128).job
    run = studio.paint.run(job)
    next(run)
    job.stop()
    *_, last = run
    last = studio.seen(last)
    assert studio.again.next(last.shown) is None and not last.larger.visible
    assert "to the end first" in told(last.shown)


@pytest.mark.parametrize("size, limit, larger", [
    (512, 1024, 1024), (1024, 4096, 2048), (768, 1024, 1024), (1024, 1024, None),
    (900, 1024, None)])
def test_enlarging_doubles_the_size_up_to_the_limit(size, limit, larger):
    found = next_larger(Settings(size=size), painted_at(size), 1, Limits(size=limit))
    assert (found and found.size) == larger


RATE = 1e-11  # seconds for a unit of work


def painted_at(size: int, shape: float = 1.0) -> Result:
    return Result(Path("x.png"), None, None, [], 9.0, size=(size, round(shape * size)), rate=RATE)


def test_the_estimated_seconds_follow_the_machine_the_shape_the_styles_and_the_limits():
    def seconds(size=512, shape=1.0, styles=1, **limits):
        settings = Settings(size=size, precision="float32")
        limits = Limits(**{"size": 4096, "seconds": 900} | limits)
        return next_larger(settings, painted_at(size, shape), styles, limits).seconds

    ahead = RATE * work(Settings(size=1024, precision="float32"), above=512)
    assert seconds() == pytest.approx(MARGIN * ahead)
    assert seconds(shape=0.5) == pytest.approx(seconds() / 2, rel=0.1)
    assert seconds(styles=2) > 1.1 * seconds()
    assert 3.5 < seconds(1024) / seconds() < 9  # four times the pixels, computed twice
    assert seconds(seconds=3) == 3
    budget = next_larger(Settings(size=512, seconds=5), painted_at(512), 1, Limits())
    assert budget.seconds <= 5


def test_enlarging_without_the_photo_is_one_sentence(studio, result, enlarge):
    result.photo.unlink()
    with pytest.raises(UserError, match="no picture file"):
        studio.service.job(str(result.photo), [], Settings(size=256))
    assert "no picture file" in enlarge(result).notice.value


def test_stronger_and_softer_keep_the_strength_between_0_and_1():
    assert changed_strength(0.2, 0.7) == 0.9
    assert changed_strength(0.2, 0.95) == 1.0
    assert changed_strength(-0.2, 0.1) == 0.0
    assert changed_strength(0.0, 0.65) == 0.65
