"""What surrounds the application: AWS resources, and the stand-ins for local runs."""
