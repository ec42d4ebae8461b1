"""What tests of several kinds share: running jobs, streams, bad records, outages."""
