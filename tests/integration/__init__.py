"""The job as a whole: real Flink, real stand-ins, nothing replaced."""
