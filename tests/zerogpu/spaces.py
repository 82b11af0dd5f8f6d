"""A stand-in for the package ``spaces`` as ZeroGPU has it (spaces 0.51: zero/wrappers.py).

As there: it has to come before torch; what is decorated runs in a forked process, in a thread of
its own; arguments and yields cross pickled; an exception comes back as an error of Gradio's that
holds its name alone. Each loan is written down in the file that $LOANS names.
"""

from __future__ import annotations

import functools
import inspect
import json
import multiprocessing
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

if "torch" in sys.modules:
    raise RuntimeError("spaces was imported after torch")

_fork = multiprocessing.get_context("fork")


def GPU(*, duration):
    def decorate(task):
        assert inspect.isgeneratorfunction(task)

        @functools.wraps(task)
        def handler(*args, **kwargs):
            import gradio as gr

            loan = {"seconds": duration(*args, **kwargs), "yielded": [], "tensors": False}
            asked, answers, stop = _fork.SimpleQueue(), _fork.SimpleQueue(), _fork.Event()
            worker = _fork.Process(target=_work, args=(task, asked, answers, stop), daemon=True)
            worker.start()
            asked.put((args, kwargs))
            kind = "yield"
            try:
                while (answer := answers.get())[0] == "yield":
                    loan["yielded"].append(type(answer[1]).__name__)
                    loan["tensors"] |= b"torch" in pickle.dumps(answer[1])
                    yield answer[1]
                kind, value = answer
                if kind == "error":
                    raise gr.Error(value, title="ZeroGPU worker error")
            finally:
                stop.set()
                while kind == "yield":
                    kind, _ = answers.get()
                worker.join()
                with open(os.environ["LOANS"], "a") as file:
                    file.write(json.dumps(loan) + "\n")

        return handler

    return decorate


def _work(task, asked, answers, stop) -> None:
    def iterate():
        args, kwargs = asked.get()
        try:
            for value in task(*args, **kwargs):
                if stop.is_set():
                    break
                answers.put(("yield", value))
        except Exception as error:
            answers.put(("error", type(error).__name__))
        else:
            answers.put(("end", None))

    with ThreadPoolExecutor(1) as thread:
        thread.submit(iterate)
