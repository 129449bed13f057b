"""Small bots on other libraries, each run as a script in an environment of their own (`benchmarks.bench.peers`).

An echo bot answers every text in an encrypted room with as many bytes as ours, with the library's usual set-up.
"""
