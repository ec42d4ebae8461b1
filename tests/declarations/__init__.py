"""The public check of a declaration, on declarations that the simulation was not written for."""
