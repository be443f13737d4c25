"""What is fast, proved: every benchmark prints a ratio against a peer or a limit, from one run.

`python -m benchmarks` runs them all. Absolute times differ between machines, and on one machine between two
minutes; ratios from alternating turns hardly do, so only these are worth comparing. Nothing here passes or
fails.
"""
