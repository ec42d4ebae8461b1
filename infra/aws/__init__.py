"""Everything about the deployment to AWS: templates, DMS settings, packaging, deploying."""
