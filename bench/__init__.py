"""How fast the product is, held against limits that are measured in the same run. `make bench` runs it."""
