"""``python -m nst``."""

import sys

from .cli import main
from .report import process_start

if __name__ == "__main__":
    sys.exit(main(started=process_start()))
