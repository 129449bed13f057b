"""A database as large as the network may ever have, and every command on it."""
