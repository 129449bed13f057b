"""How fast the bot is, measured from outside its process: `python -m benchmarks.reaction`, `.broadcast`, `.start`."""
