"""The simulation's own tests: `infra.simulation` on declarations that reach every path of the code.

- `stars`: the declarations; `profile`: what may happen;
- `many`: thousands of histories; `emulator`: the same histories on the Redshift emulator;
- `tale`, `counterexamples`, `reload_tales`: histories that are written out step by step;
- `mutations` and its siblings: safeguards removed on purpose, to show that histories detect it.

    .venv/bin/python -m tests.simulation --histories 2000 --jobs 2
    .venv/bin/python -m tests.simulation --seed 17
    .venv/bin/python -m tests.simulation --mutations
"""
