"""What Flink and PyFlink lack: sources, sinks and signals, ignorant of what the data means."""
