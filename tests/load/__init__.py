"""The load test: a traffic generator that knows the true tables, and what it measures."""
