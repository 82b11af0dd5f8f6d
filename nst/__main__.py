"""``python -m nst``."""

import sys

from .cli.main import main
from .cli.report import process_start

if __name__ == "__main__":
    sys.exit(main(started=process_start()))
