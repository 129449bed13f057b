"""The record of an alert, for court and statistics."""
