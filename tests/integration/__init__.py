"""The job as a whole: real Flink, real servers, nothing replaced."""
