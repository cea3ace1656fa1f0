"""`python -m media FILE --control PATH`: the relay alone. `--ng`: behind rtpengine's protocol."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from config.loader import load
from config.problems import ConfigError
from media.app import run
from media.ng import app as ng
from media.ng import options


def main() -> int:
    parser = ArgumentParser(prog="python -m media", description="The media relay of the border.")
    parser.add_argument("file", type=Path, nargs="?", help="the configuration (YAML)")
    parser.add_argument("--control", type=Path, help="the Unix socket to listen on for signalling")
    options.add_to(parser)
    arguments = parser.parse_args()
    by_file = arguments.file is not None and arguments.control is not None
    if by_file == (arguments.ng is not None):
        parser.error("either FILE and --control, or --ng")
    try:
        if by_file:
            run(load(arguments.file), arguments.control)
        else:
            ng.run(options.options_of(arguments))
    except (ConfigError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
