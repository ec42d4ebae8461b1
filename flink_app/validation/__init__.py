"""What people write, read strictly; below every other package, and blind to what it means.

Modules:
    fault: a fault: its place, what is wrong, and what to write instead.
    words: what was probably meant by another word.
    syntax: what is wrong with text that is not YAML.
    document: a YAML file with the place of everything in it, and all faults of its form.
    yaml_file: such files from disk.
    strict_model: models that refuse unknown keys, and null, which would silently mean the default.
    faults: the faults that pydantic finds, in words for people, which never show the value.
    addresses: names and addresses exactly as the services take them.
"""
