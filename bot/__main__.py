"""`python -m bot` is `sesn-bot`."""

from bot.cli import main

main()
