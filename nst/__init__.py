"""Neural style transfer for portraits (Gatys et al. 2016): an optimiser on the image itself.

    from nst import Settings, find_preset, open_picture, stylize
    photo = open_picture("selfie.jpg")
    for frame in stylize(photo, [(find_preset("munch-the-scream").open(), 1.0)], Settings()):
        frame.image.show()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import UserError
from .gallery.library import find_preset, load_presets
from .gallery.presets import Preset
from .pictures.reading import open_picture
from .settings import Settings
from .version import __version__

if TYPE_CHECKING:
    from .engine.stylize import Frame
    from .paint import stylize
    from .video import VideoFrame, stylize_video

__all__ = [
    "Frame", "Preset", "Settings", "UserError", "VideoFrame", "__version__", "find_preset",
    "load_presets", "open_picture", "stylize", "stylize_video",
]


def __getattr__(name: str) -> Any:
    """Import torch when painting is asked for; a list of the styles does without it."""
    if name == "stylize":
        from .paint import stylize

        return stylize
    if name in ("VideoFrame", "stylize_video"):
        from . import video

        return getattr(video, name)
    if name == "Frame":
        from .engine.stylize import Frame

        return Frame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
