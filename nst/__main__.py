"""``python -m nst``, and the command ``nst`` of an installed package."""

from .cli.main import main
from .process import end_process, process_start

__all__ = ["run"]


def run() -> None:
    """Run the command line and end the process with its exit code."""
    end_process(main(started_at=process_start()))


if __name__ == "__main__":
    run()
