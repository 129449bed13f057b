"""Figures: only what may be seen is counted, exercises never, and the numbers are right."""
