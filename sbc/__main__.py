"""`python -m sbc`: the command line."""

from sbc.cli import main

if __name__ == "__main__":
    main()
