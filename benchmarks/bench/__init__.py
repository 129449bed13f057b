"""What the benchmarks share: a homeserver, a fleet of members, the measuring proxy, the process under test, a table."""
