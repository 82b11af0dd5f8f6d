"""Sentences about how a picture was read, which do not stop the work: logged, and shown beside it.

They lie in ``Image.info[NOTICE]``, the only entry of a picture that nst.pictures.reading opened.
"""

from __future__ import annotations

import logging

from PIL import Image

__all__ = ["NOTICE", "add_notice", "keep_notice"]

log = logging.getLogger(__name__)

NOTICE = "notice"  # key of Image.info: one or more sentences for the person whose picture it is


def add_notice(image: Image.Image, sentence: str) -> None:
    """Log a sentence, which the command line prints, and keep it with the picture for the page."""
    before = image.info.get(NOTICE)
    image.info[NOTICE] = f"{before} {sentence}" if before else sentence
    log.warning("%s", sentence)


def keep_notice(picture: Image.Image, source: Image.Image) -> Image.Image:
    """``picture``, which was made from ``source``, with the sentences of the latter."""
    if NOTICE in source.info:
        picture.info[NOTICE] = source.info[NOTICE]
    return picture
