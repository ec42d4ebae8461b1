"""What people write, read strictly; below every other package, and blind to what it means.

yaml_file: YAML without surprises; every fault is one kind of error.
strict_model: models that refuse unknown keys, and null, which would silently mean the default.
addresses: names and addresses exactly as the services take them.
faults: the faults that pydantic finds, as lines that never show the value.
"""
