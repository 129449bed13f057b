"""How a test says what was found."""

from datetime import date

from commands.understanding import Finding, understand

TODAY = date(2026, 11, 22)  # a Sunday


def said(found: Finding) -> str:
    """Return kind, value, role and doubt of a finding in one line."""
    role = f" {found.role.value}" if found.role else ""
    doubt = f" ?{found.doubt.kind.value}" if found.doubt else ""
    return f"{found.kind.value} {found.value}{role}{doubt}"


def only(text: str) -> Finding:
    """Return the one thing that is found in a text."""
    (found,) = understand(text, today=TODAY).findings
    return found
