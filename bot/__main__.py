"""`python -m bot` is `sesn-bot`: where a process of the bot begins."""

import gc

_COLLECT_AFTER = 200_000
"""What is loaded stays: to look for garbage in it every few hundred objects takes a tenth of a start."""


def main() -> None:
    """Load the program, and do what the command line says."""
    gc.set_threshold(_COLLECT_AFTER)
    from bot.cli import main as do

    do()


if __name__ == "__main__":
    main()
