"""Painters on the machines of a Ray cluster, in place of this process's own engine.

    with Cluster("local", PainterNeeds(cpus=1)) as cluster:
        for frame in cluster.frames(photo, [(style, 1.0)], Settings()):
            ...

``link.py`` is used by whoever wants pictures; it starts ``driver.py``, the one process here that
talks to Ray: Ray ends a process whose head or whose node is gone, and a page must outlive both.
``painter.py`` runs on the cluster's machines, and ``wire.py`` is what travels between them.

Only the driver and the painters import ray, from the extra ``cluster``.
"""
