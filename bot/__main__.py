"""`python -m bot` is `sesn-bot`: where a process of the bot begins."""

from bot import garbage


def main() -> None:
    """Load the program, and do what the command line says."""
    garbage.while_loading()
    from bot.cli import main as do

    do()


if __name__ == "__main__":
    main()
