"""What stands between the bot and Matrix, without a homeserver."""
