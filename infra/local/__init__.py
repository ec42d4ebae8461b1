"""Local servers in place of AWS and the source database, and local runs of the job."""
