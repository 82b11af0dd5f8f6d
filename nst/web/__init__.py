"""The page in the browser and its API."""

from ..process import share_cores

share_cores()  # before a module of the page imports torch
