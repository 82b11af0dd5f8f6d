"""The public ``stylize``: finds the people, then runs the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence

import numpy as np
from PIL import Image

from .engine import stylize as engine
from .engine.recipe import Recipe
from .engine.stylize import Frame
from .geometry import fit_size
from .people import NOBODY, Box, check_marked
from .pictures.modes import as_mask, upright_rgb
from .portrait.exposure import even_exposure, nearly_black
from .portrait.find import find_people
from .process import survive_forks
from .settings import Settings

__all__ = ["stylize"]

log = logging.getLogger(__name__)

survive_forks()  # torch has been imported by the engine


def stylize(
    photo: Image.Image,
    styles: Sequence[tuple[Image.Image, float]],
    settings: Settings | None = None,
    *,
    mask: Image.Image | None = None,
    marked_faces: Sequence[Box] = (),
    vary: Callable[[Recipe], Recipe] | None = None,
    start: Image.Image | None = None,
) -> Generator[Frame]:
    """Repaint a photo in the manner of the styles, protecting the faces of its people.

    Args:
        photo: of any size and mode; its EXIF orientation and colour profile are applied, and
            transparency is laid on white.
        styles: pictures with weights, treated likewise; several are blended.
        settings: Settings() by default.
        mask: of any mode, white where to paint (black there with region="background"); with
            transparency as nst.pictures.modes.as_mask says.
        marked_faces: where faces are that may not be found, in fractions of the upright photo.
        vary: changes the recipe that the settings ask for (benchmarks).
        start: a finished result of the same photo, which is enlarged: only the scales above its
            size are painted, so it stays the picture that it is.

    Returns:
        a generator of frames, see :func:`nst.engine.stylize.stylize`. Closing it stops the work.
        A process that was forked from one that has painted may call it too, see
        :func:`nst.process.survive_forks`; where other threads paint, start processes by "spawn".

    Raises:
        UserError: at once, for settings, styles, a mask or marks that cannot be used.
    """
    settings = settings or Settings()
    marked_faces = check_marked(marked_faces)
    photo = upright_rgb(photo)
    styles = [(upright_rgb(style), weight) for style, weight in styles]
    mask = mask and as_mask(mask)
    size = fit_size(photo.size, settings.size)
    people = find_people(photo, size, marked_faces)
    if not people.faces and settings.likeness:
        log.info("No face was found; the whole picture is painted alike.")
    photo = photo.resize(size, Image.Resampling.LANCZOS)
    if settings.exposure or nearly_black(np.asarray(photo.convert("L"))):
        photo = even_exposure(photo)
    style_people = [find_people(style.convert("RGB"), style.size)
                    if settings.style_faces and people.faces else NOBODY for style, _ in styles]
    return engine.stylize(photo, styles, settings, mask=mask, people=people,
                          style_people=style_people, vary=vary, start=start)
