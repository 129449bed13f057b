"""The outbox on its way to Matrix."""
