"""Stand-ins for AWS and the source database, and local runs of the job against them."""
