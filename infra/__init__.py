"""What surrounds the application: AWS resources, local services, the simulation, checks."""
