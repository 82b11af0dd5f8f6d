"""The version, where everything that states it can read it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
