"""The parts of ``scripts/bench.py``: what is asked, who asks, who answers, what is measured, and how it is shown."""
