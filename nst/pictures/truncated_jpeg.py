"""The former name of what nst.pictures.notices and nst.pictures.truncated hold now.

The page still imports it from here; it goes when nst/web/handlers_photo.py imports NOTICE itself.
"""

from .notices import NOTICE as INCOMPLETE

__all__ = ["INCOMPLETE"]
