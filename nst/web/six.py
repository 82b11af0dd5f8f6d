"""Six small pictures of one photo, each from another movement, and a collage of them."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..gallery.presets import Preset
from ..people import Box
from ..pictures.contact_sheet import contact_sheet, in_rows
from ..settings import settings_for
from .job import Job, Result, Update
from .service import Service, StyleChoice

__all__ = ["SIZE", "Six"]

SIZE = 256  # px of each picture, where the studio paints that large
COUNT = 6


@dataclass(frozen=True)
class Movement:
    """One of the six: the preset's number, the preset, its job."""

    number: int
    preset: Preset
    job: Job


class Six:
    """Paints six drafts one after the other; it waits for its turn once, as a Job does.

    ``marked_faces``: where the visitor says that faces are, in fractions of the photo.

    Raises:
        UserError: a photo that cannot be read.
    """

    def __init__(self, service: Service, photo: object, marked_faces: Sequence[Box] = ()):
        by_movement: dict[str, list[int]] = {}
        for number, preset in enumerate(service.presets):
            by_movement.setdefault(preset.movement, []).append(number)
        chosen = random.sample(sorted(by_movement), min(COUNT, len(by_movement)))
        self.movements = [self._movement(service, photo, marked_faces,
                                          random.choice(by_movement[name]))
                          for name in chosen]
        self.photo, self.settings = self.movements[0].job.photo, self.movements[0].job.settings
        self.done: list[Result] = []
        self._folder = service.folder
        self._stop = threading.Event()
        self.begun = self.over = False

    @property
    def stopped(self) -> bool:
        """Whether stop() was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End with the pictures that are done; from any thread."""
        self._stop.set()
        for movement in self.movements:
            movement.job.stop()

    def run(self) -> Iterator[tuple[int, Update]]:
        """(which of the six, its previews and its result) until all are painted."""
        self.begun = True
        try:
            for index, movement in enumerate(self.movements):
                for update in movement.job.run():
                    if update.result is not None and not self.stopped:
                        self.done.append(update.result)
                    yield index, update
                if self.stopped:
                    break
        finally:
            self.over = True

    def collage(self) -> Result:
        """The pictures that are done on one sheet with their names."""
        file = Path(tempfile.mkdtemp(prefix="nst-", dir=self._folder)) / "six-movements.png"
        cells = [(_opened(result.png), f"{movement.preset.title}\n{movement.preset.movement}")
                 for result, movement in zip(self.done, self.movements, strict=False)]
        contact_sheet(in_rows(cells, 3), file, cell=SIZE)
        return Result(file, None, None, [], sum(result.seconds for result in self.done))

    def pictures(self) -> Sequence[tuple[str, str]]:
        """(file, caption) of those that are done."""
        return [(str(result.png), f"{movement.preset.movement}: {movement.preset.title}")
                for result, movement in zip(self.done, self.movements, strict=False)]

    @staticmethod
    def _movement(service: Service, photo: object, marked_faces: Sequence[Box],
                  number: int) -> Movement:
        preset = service.presets[number]
        size = min(SIZE, service.limits.size)
        settings = settings_for(preset.settings, dict(quality="draft", size=size))
        styles = service.chosen(StyleChoice(number), settings)
        return Movement(number, preset, service.job(photo, styles, settings, extras=False,
                                                    marked_faces=marked_faces))


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")
