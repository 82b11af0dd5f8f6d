"""Benchmarks: each module is a command, ``python -m tests.bench.NAME``; none asserts anything."""
