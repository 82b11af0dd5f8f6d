"""Neural style transfer for portraits (Gatys et al. 2016): an optimiser on the image itself.

    from nst import Settings, find_preset, stylize
    for frame in stylize(photo, [(find_preset("munch-the-scream").open(), 1.0)], Settings()):
        frame.image.show()
"""

from .engine.stylize import Frame
from .errors import UserError
from .gallery.presets import Preset, find_preset, load_presets
from .paint import stylize
from .settings import Settings
from .version import __version__

__all__ = [
    "Frame", "Preset", "Settings", "UserError", "__version__", "find_preset", "load_presets",
    "stylize",
]
