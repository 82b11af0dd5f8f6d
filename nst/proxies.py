"""Corrects the environment's proxy variables when it is imported.

Programs import it first: gradio and the hub's client read the variables at their own import.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import MutableMapping

__all__ = ["clean_proxies"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAMES = ("all_proxy", "http_proxy", "https_proxy")


def clean_proxies(environment: MutableMapping[str, str]) -> str:
    """Exempt loopback from all proxies, and drop SOCKS proxies where socksio is missing.

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


if _sentence := clean_proxies(os.environ):
    sys.stderr.write(f"{_sentence}\n")
