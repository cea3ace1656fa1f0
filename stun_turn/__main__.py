"""`python -m stun_turn FILE`: the STUN and TURN server alone."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from config.certificates import Unfit
from config.loader import load
from config.problems import ConfigError
from stun_turn.app import run


def main() -> int:
    parser = ArgumentParser(
        prog="python -m stun_turn", description="The STUN and TURN server of the border."
    )
    parser.add_argument("file", type=Path, help="the configuration (YAML)")
    parser.add_argument("--control", type=Path, help="a Unix socket for signalling")
    arguments = parser.parse_args()
    try:
        run(load(arguments.file), path=arguments.control)
    except (ConfigError, OSError, LookupError, Unfit) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
