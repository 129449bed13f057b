"""What an alert looks like, and the words for what it is made of and what happened to it."""
