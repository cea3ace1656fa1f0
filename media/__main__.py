"""`python -m media FILE --control PATH`: the relay alone."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from config.loader import load
from config.problems import ConfigError
from media.app import run


def main() -> int:
    parser = ArgumentParser(prog="python -m media", description="The media relay of the border.")
    parser.add_argument("file", type=Path, help="the configuration (YAML)")
    parser.add_argument(
        "--control", type=Path, required=True, help="the Unix socket to listen on for signalling"
    )
    arguments = parser.parse_args()
    try:
        run(load(arguments.file), arguments.control)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
