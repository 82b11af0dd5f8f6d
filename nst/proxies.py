"""Proxy variables of the environment, made harmless. Importing it does it: gradio and the hub's
client read them when they are imported.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import MutableMapping

__all__ = ["tame"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAMES = ("all_proxy", "http_proxy", "https_proxy")


def tame(environment: MutableMapping[str, str]) -> str:
    """Let loopback pass by every proxy, and drop a SOCKS proxy that nothing here can speak to.

    Returns:
        a sentence about a proxy that was dropped; empty where none was.
    """
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in environment.get(name, "").split(",") if host.strip()]
        if "*" not in hosts:
            environment[name] = ",".join(dict.fromkeys([*hosts, *_LOOPBACK]))
    if importlib.util.find_spec("socksio"):
        return ""
    dropped = [name for name in (*_NAMES, *map(str.upper, _NAMES))
               if environment.get(name, "").lower().startswith("socks")]
    for name in dropped:
        del environment[name]
    return dropped and (f"{dropped[0]} names a SOCKS proxy, which is not used: that needs "
                        "pip install socksio.") or ""


if _sentence := tame(os.environ):
    sys.stderr.write(f"{_sentence}\n")
