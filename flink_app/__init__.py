"""What runs in Flink: the entry point, the job graph and the stages that know the declaration."""
