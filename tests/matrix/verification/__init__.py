"""Members verify the bot by emoji."""
