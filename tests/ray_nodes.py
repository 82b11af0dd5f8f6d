"""A Ray cluster for tests, on 127.0.0.1: a head that paints nothing, and machines."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Ray reads them when it is imported: it tells nobody, keeps to 127.0.0.1, and painters have as much
# of the processor as others.
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
               "RAY_worker_niceness": "0"}
import ray.cluster_utils

__all__ = ["Nodes", "nodes"]

STORE_BYTES = 80 << 20  # of shared memory for each; Ray takes no less than 75 MiB


class Nodes:
    """The machines of the cluster; ``address``: of its head."""

    def __init__(self) -> None:
        self._cluster = ray.cluster_utils.Cluster()
        self._named: dict[str, Any] = {}
        self._start("head", 0)
        self.address: str = self._cluster.address

    def start(self, name: str, cpus: int = 1) -> None:
        """Another machine, on which one painter of one core has room for each of ``cpus``."""
        self._named[name] = self._start(name, cpus)

    def kill(self, name: str) -> None:
        """The machine is gone at once, with all that runs on it."""
        self._cluster.remove_node(self._named.pop(name), allow_graceful=False)

    def kill_painter(self, name: str) -> None:
        """The one painter of a machine is gone; the machine stays."""
        [raylet] = self._named[name].all_processes["raylet"]
        [painter] = [process for process in Path("/proc").glob("[0-9]*")
                     if _parent(process) == raylet.process.pid
                     and b"Painter" in (process / "cmdline").read_bytes()]
        os.kill(int(painter.name), signal.SIGKILL)

    def kill_head(self) -> None:
        """What keeps account of the machines is gone; the head's own raylet stays."""
        self._cluster.head_node.kill_gcs_server(check_alive=False)

    def end(self) -> None:
        """Nothing of it is left."""
        self._cluster.shutdown()

    def _start(self, name: str, cpus: int) -> Any:
        # A machine that is gone is missed after a second, not after fifteen; a slow one is not.
        seconds = {"health_check_period_ms": 500, "health_check_timeout_ms": 20_000,
                   "health_check_failure_threshold": 2, "health_check_initial_delay_ms": 500}
        return self._cluster.add_node(
            num_cpus=cpus, node_name=name, node_ip_address="127.0.0.1", include_dashboard=False,
            object_store_memory=STORE_BYTES,
            _system_config=seconds if self._cluster.head_node is None else None)


def _parent(process: Path) -> int:
    with contextlib.suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


@contextlib.contextmanager
def nodes(*names: str) -> Iterator[Nodes]:
    """A cluster with machines of these names, of one core each."""
    cluster = Nodes()
    try:
        for name in names:
            cluster.start(name)
        yield cluster
    finally:
        cluster.end()
